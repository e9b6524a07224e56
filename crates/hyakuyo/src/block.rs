//! `hyakuyo block`: what a story offers for blocking, in the language of the program that does it.

use crate::args::{self, Block};
use crate::logs::story_in;
use crate::terminal;
use anyhow::{Context as _, Result};
use story::blocks::{Form, render};

/// Prints the list; `false` where there is nothing to block.
///
/// # Errors
/// Where the folder holds no story that can be read.
pub(crate) fn run(args: &Block) -> Result<bool> {
    let story = story_in(&args.folder)?;
    let form = match args.form {
        args::BlockForm::Suricata => Form::Suricata,
        args::BlockForm::Nftables => Form::Nftables,
        args::BlockForm::Rpz => Form::Rpz,
        args::BlockForm::Squid => Form::Squid,
        args::BlockForm::Csv => Form::Csv,
    };
    terminal::print(&render(&story, form)).context("standard output")?;
    Ok(story.indicators.iter().any(|one| one.block || form == Form::Csv))
}
