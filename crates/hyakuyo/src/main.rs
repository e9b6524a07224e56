//! The command line: `read` captures into logs, `find` what belongs together in them, explain the `logs` and the `detectors`, and make a capture to try it all on.
//!
//! Floor 5: the only place that opens files by name, knows the clock and uses `anyhow`. Exit codes: 0 done, 1 nothing
//! found, 2 an error, said in one line.

mod args;
mod behaviours;
mod block;
mod demo;
mod find;
mod inputs;
mod investigate;
mod language;
mod logs;
mod profile;
mod read;
mod recognition;
mod reference;
mod replay;
mod report;
mod rows;
mod rules;
mod settings;
mod share;
mod summary;
mod telling;
mod terminal;
mod watch;
mod why;

use args::{Args, Command};
use clap::Parser as _;
use find::Form;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("hyakuyo: {}", terminal::safe(&format!("{error:#}")));
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> anyhow::Result<bool> {
    match &args.command {
        Command::Read(read) => read::run(read).map(|()| true),
        Command::Find(find) => {
            let form = if find.json {
                Form::Json
            } else if find.full {
                Form::Full
            } else {
                Form::Brief
            };
            find::run(&find.what, &find.folder, form)
        }
        Command::Block(block) => block::run(block),
        Command::Profile(args) => profile::run(args),
        Command::Why(why) => why::run(&why.what, &why.folder, why.json),
        Command::Investigate(investigate) => investigate::run(investigate),
        Command::Replay(replay) => replay::run(replay),
        Command::Report(args) => report::run(args).map(|()| true),
        Command::Share(args) => share::run(args).map(|()| true),
        Command::Logs(logs) => reference::run(logs.name.as_deref(), logs.json).map(|()| true),
        Command::Formats(formats) => recognition::run(&formats.files, formats.json).map(|()| true),
        Command::Sigma(args::Sigma::Check(check)) => rules::check(&check.rules, check.json, check.all),
        Command::Detectors(detectors) => behaviours::run(detectors.name.as_deref(), detectors.json).map(|()| true),
        Command::Watch(args) => watch::run(args).map(|()| true),
        Command::MailHelper(args) => watch::mail_helper(args).map(|()| true),
        Command::CheckConfig(args) => watch::check_config(args),
        Command::DemoCapture(demo) => demo::run(demo).map(|()| true),
    }
}
