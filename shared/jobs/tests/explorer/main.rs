//! Runs whole jobs with something going wrong at every call of a port, and looks at what they come to.
//!
//! A quiet run numbers the calls. Then each call goes wrong in each way ([`case::Trouble`]), one a run; then several
//! at random ([`SEEDS`], [`SEED`]). Every run must end with one result a job, the same files, vectors and
//! pointer as the quiet one, and nothing left over ([`ending::Ending::wrongs`]). Builds that are broken on purpose
//! ([`broken::Defect`]) must be found out.
//!
//! Time is the runtime's and stands still while anybody works, so a run is the same whenever it is made.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it stands")]
#![expect(clippy::print_stdout, reason = "the number of cases belongs to what the tests say")]

mod broken;
mod case;
mod driver;
mod ending;
mod scenario;
mod world;

use std::collections::BTreeMap;

use graphnode_testkit::faults::{Call, Faults};

use broken::Defect;
use case::{Case, Trouble};
use driver::Driver;
use ending::Ending;
use scenario::Scenario;
use world::{Idle, World};

/// How many seeds the random part tries.
const SEEDS: &str = "GRAPHNODE_EXPLORER_SEEDS";
/// The one seed to try instead.
const SEED: &str = "GRAPHNODE_EXPLORER_SEED";
/// Seeds that are tried without being asked for.
const USUAL_SEEDS: u64 = 300;

/// Runs one case until its world is quiet.
fn run(case: &Case, defect: Defect) -> (Ending, Vec<Call>) {
    let idle = Idle::default();
    let (parks, unparks) = (idle.clone(), idle.clone());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .on_thread_park(move || parks.set(true))
        .on_thread_unpark(move || unparks.set(false))
        .build()
        .unwrap();
    runtime.block_on(async {
        let faults = Faults::new(case.plan(), 0);
        let world = World::new(case.scenario, defect, faults.clone(), idle).await;
        let mut driver = Driver::new(world, case.clone());
        let quiet = driver.settle().await;
        (Ending::of(&driver.world, quiet).await, faults.calls())
    })
}

/// What came of many cases.
#[derive(Debug, Default)]
struct Tally {
    cases: usize,
    repeated: usize,
    vector_parts: usize,
    failed: usize,
    wrongs: Vec<String>,
}

impl Tally {
    /// Runs a case and notes what came of it.
    fn add(&mut self, case: &Case, defect: Defect, undisturbed: &Ending, calls: &[Call]) {
        let (ending, _) = run(case, defect);
        self.cases += 1;
        self.repeated += ending.repeated();
        self.vector_parts += ending.vector_parts();
        self.failed += ending.failed();
        let wrongs = ending.wrongs(undisturbed, case.may_fail());
        if !wrongs.is_empty() {
            let at =
                |number: &usize| calls.get(*number).map(|call| format!("{} {}", call.process, call.name));
            let places: Vec<String> = case.troubles.keys().filter_map(at).collect();
            self.wrongs.push(format!("{case} ({}): {}", places.join(", "), wrongs.join("; ")));
        }
    }

    fn say(&self, what: &str) {
        let Self { cases, repeated, vector_parts, failed, wrongs } = self;
        println!(
            "{what}: {cases} cases, {} wrong; {repeated} results repeated to the byte, {failed} jobs failed, {vector_parts} \
             parts of vectors kept",
            wrongs.len()
        );
    }

    #[track_caller]
    fn assert_none_is_wrong(&self) {
        let some: Vec<&str> = self.wrongs.iter().take(40).map(String::as_str).collect();
        assert!(self.wrongs.is_empty(), "{} are wrong:\n{}", self.wrongs.len(), some.join("\n"));
    }
}

/// Every trouble at every call of a scenario.
fn explore(scenario: Scenario) {
    let (undisturbed, calls) = run(&Case::quiet(scenario), Defect::None);
    assert_eq!(undisturbed.wrongs(&undisturbed, false), [""; 0], "the quiet run is wrong");
    assert_eq!(undisturbed.repeated(), 0);
    assert_eq!(run(&Case::quiet(scenario), Defect::None).1, calls, "another run makes other calls");
    let mut tally = Tally::default();
    for number in 0..calls.len() {
        for trouble in Trouble::ALL {
            tally.add(&Case::one(scenario, number, trouble), Defect::None, &undisturbed, &calls);
        }
    }
    tally.say(&format!("{scenario:?}, {} calls x {} troubles", calls.len(), Trouble::ALL.len()));
    tally.assert_none_is_wrong();
}

#[test]
fn a_job_in_a_function_ends_well_whatever_goes_wrong() {
    explore(Scenario::Function);
}

#[test]
fn a_job_in_a_task_ends_well_whatever_goes_wrong() {
    explore(Scenario::Task);
}

#[test]
fn a_job_in_a_task_of_which_nobody_tells_ends_well_whatever_goes_wrong() {
    explore(Scenario::SilentTask);
}

#[test]
fn an_interrupted_job_ends_well_whatever_goes_wrong() {
    explore(Scenario::Interrupted);
}

#[test]
fn a_job_without_input_fails_once_whatever_goes_wrong() {
    explore(Scenario::NoInput);
}

#[test]
fn the_newer_request_counts_when_it_comes_last_whatever_goes_wrong() {
    explore(Scenario::OlderFirst);
}

#[test]
fn the_newer_request_counts_when_it_comes_first_whatever_goes_wrong() {
    explore(Scenario::NewerFirst);
}

#[test]
fn several_troubles_at_random_end_well() {
    let quiet: Vec<_> =
        Scenario::ALL.into_iter().map(|scenario| run(&Case::quiet(scenario), Defect::None)).collect();
    let counts: BTreeMap<usize, usize> =
        quiet.iter().enumerate().map(|(place, (_, calls))| (place, calls.len())).collect();
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seeds = match number(SEED) {
        Some(seed) => seed..seed + 1,
        None => 0..number(SEEDS).unwrap_or(USUAL_SEEDS),
    };
    let mut tally = Tally::default();
    for seed in seeds {
        let case = Case::random(seed, &counts);
        let place = Scenario::ALL.iter().position(|scenario| *scenario == case.scenario).unwrap();
        let before = tally.wrongs.len();
        tally.add(&case, Defect::None, &quiet[place].0, &quiet[place].1);
        tally
            .wrongs
            .iter_mut()
            .skip(before)
            .for_each(|wrong| wrong.insert_str(0, &format!("{SEED}={seed}: ")));
    }
    tally.say("several at random");
    tally.assert_none_is_wrong();
}

/// The first case that shows that a build is broken.
fn first_wrong(scenario: Scenario, defect: Defect, troubles: &[Trouble]) -> Option<String> {
    let (undisturbed, calls) = run(&Case::quiet(scenario), Defect::None);
    let mut tally = Tally::default();
    for number in 0..calls.len() {
        for trouble in troubles {
            tally.add(&Case::one(scenario, number, *trouble), defect, &undisturbed, &calls);
            if let Some(wrong) = tally.wrongs.first() {
                return Some(format!("{wrong} (case {})", tally.cases));
            }
        }
    }
    None
}

#[test]
fn a_build_that_is_broken_is_found_out() {
    for (defect, scenario) in [
        (Defect::NoFencing, Scenario::Function),
        (Defect::NoOutbox, Scenario::Function),
        (Defect::NoTokens, Scenario::Task),
    ] {
        let found = first_wrong(scenario, defect, &Trouble::ALL);
        println!("{defect:?} is found out by {}", found.as_deref().unwrap_or("nobody"));
        assert!(found.is_some(), "{defect:?}");
    }
}
