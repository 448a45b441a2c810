//! Whole jobs over the adapters of one machine, with an encoder without a model and a clock that is moved by hand.

mod dead_letters;
mod delivery;
mod handover;
mod kept;
mod kept_messages;
mod measures;
mod messages;
mod stopped_tasks;
mod whole;
mod world;
