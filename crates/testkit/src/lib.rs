//! What tests share: dice that always fall the same way, packets, a simulated network, dialogues written as text, and the
//! laws that every row of a catalogue must keep.

pub mod behaviour;
pub mod dialogue;
pub mod dice;
pub mod harvest;
pub mod laws;
pub mod lines;
pub mod network;
pub mod packet;
pub mod system;
