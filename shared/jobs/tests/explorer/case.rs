//! What goes wrong in a run.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use graphnode_core::ports::PortErrorKind;
use graphnode_testkit::faults::{Chance, Fault};

use crate::scenario::Scenario;

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    ErrorBefore,
    ErrorAfter,
    CrashBefore,
    CrashAfter,
    /// While its process stands before the call, another one gets the same message and does what it can.
    DuplicateDelivery,
    /// The process stands before the call for longer than its lease; others take over; then it goes on.
    Stall,
    /// It is made twice, and the second answer is heard.
    Twice,
    /// From here on nobody reaches what was called, for an hour.
    Outage,
}

/// How long what is outside stays away.
const HOUR: Duration = Duration::from_secs(3600);

impl Trouble {
    pub(crate) const ALL: [Self; 8] = [
        Self::ErrorBefore,
        Self::ErrorAfter,
        Self::CrashBefore,
        Self::CrashAfter,
        Self::DuplicateDelivery,
        Self::Stall,
        Self::Twice,
        Self::Outage,
    ];

    fn fault(self) -> Fault {
        match self {
            Self::ErrorBefore => Fault::ErrorBefore(PortErrorKind::Unavailable),
            Self::ErrorAfter => Fault::ErrorAfter(PortErrorKind::Unavailable),
            Self::CrashBefore => Fault::CrashBefore,
            Self::CrashAfter => Fault::CrashAfter,
            Self::DuplicateDelivery | Self::Stall => Fault::Pause,
            Self::Twice => Fault::Duplicate,
            Self::Outage => Fault::Outage(HOUR),
        }
    }
}

/// A scenario, and what goes wrong at which call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) scenario: Scenario,
    pub(crate) troubles: BTreeMap<usize, Trouble>,
}

impl Case {
    /// Nothing goes wrong.
    pub(crate) fn quiet(scenario: Scenario) -> Self {
        Self { scenario, troubles: BTreeMap::new() }
    }

    /// One thing goes wrong.
    pub(crate) fn one(scenario: Scenario, number: usize, trouble: Trouble) -> Self {
        Self { scenario, troubles: BTreeMap::from([(number, trouble)]) }
    }

    /// One to four things go wrong, as the seed has it; `calls` are those of a quiet run of each scenario.
    pub(crate) fn random(seed: u64, calls: &BTreeMap<usize, usize>) -> Self {
        let mut chance = Chance::new(seed);
        let place = chance.below(Scenario::ALL.len());
        // Once something went wrong there are more calls than in a quiet run.
        let end = calls[&place] * 3 / 2;
        let count = 1 + chance.below(4);
        let trouble = |chance: &mut Chance| Trouble::ALL[chance.below(Trouble::ALL.len())];
        let troubles = (0..count).map(|_| (chance.below(end), trouble(&mut chance))).collect();
        Self { scenario: Scenario::ALL[place], troubles }
    }

    pub(crate) fn trouble_at(&self, number: usize) -> Option<Trouble> {
        self.troubles.get(&number).copied()
    }

    /// Whether jobs may fail: so many troubles can use up a message's receives. So can two that last: a process that hangs twice
    /// is lost twice, and while the bucket and the queue are both out nothing can be put back.
    pub(crate) fn may_fail(&self) -> bool {
        let lasts = |trouble: &Trouble| matches!(trouble, Trouble::Stall | Trouble::Outage);
        self.troubles.len() >= 3 || (self.troubles.len() == 2 && self.troubles.values().all(lasts))
    }

    /// The plan for the wrappers of the ports.
    pub(crate) fn plan(&self) -> impl Iterator<Item = (usize, Fault)> {
        self.troubles.iter().map(|(number, trouble)| (*number, trouble.fault()))
    }
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.scenario)?;
        self.troubles.iter().try_for_each(|(number, trouble)| write!(formatter, " {trouble:?}@{number}"))
    }
}
