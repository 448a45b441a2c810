//! Here or in a task of its own: a pure rule from bytes to seconds and memory, compared with what there is.
//!
//! The figures are those of `docs/PIPELINE.md`, two cores with AVX-512 and int8 weights:
//! - import: 4.2 s a GB with 6.5 MB resident;
//! - embedding: 23,100 tokens/s on both cores, 56 MB;
//! - everything behind it: 16.8 s and 616 MB for 10,000 conversations, 6.1 s for 3,000 (a busy machine).
//!
//! How many conversations and tokens a byte is, only the content knows. The sample repeated to 1 GB has 6.2 KB a
//! conversation, and the chunk budget keeps a conversation below about 1,000 tokens; real exports are larger a
//! conversation. So the rule sees more work than there is, by a factor of two to five: a job sent to a task for
//! nothing costs a minute's start, a job kept wrongly is handed over at the deadline with all vectors made so far.

use std::time::Duration;

use graphnode_core::ports::launcher::TaskSize;

/// Memory of a function that has one virtual CPU, in MiB; its share grows with its memory.
/// Source: "Configure Lambda function memory": "At 1,769 MB, a function has the equivalent of one vCPU".
pub const MIB_A_VCPU: f64 = 1769.0;

/// Seconds a GB of JSON takes to import, on one core: the import has one thread.
const IMPORT_SECONDS_A_GB: f64 = 4.2;
/// Tokens a second on one core: half of what two make.
const TOKENS_A_SECOND: f64 = 11_550.0;
/// Bytes of an export a token of the chunk budget comes from, at least.
const BYTES_A_TOKEN: f64 = 8.0;
/// Bytes of an export a conversation has, at least on average.
const BYTES_A_CONVERSATION: f64 = 6_200.0;
/// Core-seconds of everything but import and embedding, a conversation: 16.8 s on two cores for 10,000.
const REST_SECONDS_A_CONVERSATION: f64 = 2.0 * 16.8 / 10_000.0;
/// MB of everything, a conversation: 616 MB for 10,000.
const MB_A_CONVERSATION: f64 = 0.062;
/// MB before the first conversation: the program, weights and activations, an item of the import.
const BASE_MB: f64 = 160.0;
/// A ZIP of conversations unpacks to about this many times its size.
const ZIP_RATIO: f64 = 6.0;
/// Virtual CPUs beyond which a job gains little: much of what is not embedding has one thread.
const MOST_VCPUS: f64 = 8.0;
/// A Lambda virtual CPU is a hyper-thread, half of what was measured on, at worst.
const SAFETY: f64 = 2.0;
/// What a task should take at most, if more CPUs help.
const TASK_SECONDS: f64 = 15.0 * 60.0;
/// Disk a task has without asking, in bytes, less what the image takes.
const TASK_DISK: u64 = 16 << 30;
/// Results on disk beside the inputs: they are smaller than what they are made from, with room for small inputs.
const RESULT_BYTES: u64 = 64 << 20;

/// Most memory for saved vectors, in MiB: what is kept of a person, room for 5,000 conversations three times over.
pub(crate) const RECALLED_MIB: usize = 256;

/// The share of a function's memory that saved vectors may have, in MiB.
pub(crate) fn recalled_mib(limits: &FunctionLimits) -> u32 {
    (limits.memory_mib / 8).min(RECALLED_MIB as u32)
}

/// What is known of a job's input before it is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Bytes to download.
    pub bytes: u64,
    /// Of these, bytes of ZIP archives.
    pub zipped: u64,
}

/// What a job will take, as far as bytes tell; on the generous side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Seconds on one virtual CPU.
    pub cpu_seconds: f64,
    /// Memory in MiB.
    pub memory_mib: u32,
    /// Bytes on disk.
    pub disk_bytes: u64,
}

/// What a function has for a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionLimits {
    /// Its memory in MiB, which also says its share of virtual CPUs.
    pub memory_mib: u32,
    /// Its scratch disk in bytes.
    pub disk_bytes: u64,
    /// Overrides the rule: jobs up to this many bytes run in the function, larger ones do not.
    pub max_inline_bytes: Option<u64>,
}

/// Where a job should run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// In this process.
    Here,
    /// In a task of its own.
    Task,
}

/// What a task for a job is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskShape {
    /// CPU and memory.
    pub size: TaskSize,
    /// Scratch disk, where the usual one is too small.
    pub disk_gib: Option<u32>,
}

/// What `load` will take.
#[must_use]
pub fn estimate(load: Load) -> Estimate {
    let unpacked = load.bytes.saturating_sub(load.zipped) as f64 + load.zipped as f64 * ZIP_RATIO;
    let conversations = unpacked / BYTES_A_CONVERSATION;
    let cpu_seconds = unpacked / 1e9 * IMPORT_SECONDS_A_GB
        + unpacked / BYTES_A_TOKEN / TOKENS_A_SECOND
        + conversations * REST_SECONDS_A_CONVERSATION;
    let memory_mib = (BASE_MB + conversations * MB_A_CONVERSATION).ceil().min(f64::from(u32::MAX)) as u32;
    Estimate {
        cpu_seconds,
        memory_mib,
        disk_bytes: load.bytes.saturating_mul(2).saturating_add(RESULT_BYTES),
    }
}

/// Whether `load` fits a function that has `remaining` until it must be done.
#[must_use]
pub fn route(load: Load, limits: &FunctionLimits, remaining: Duration) -> Route {
    if let Some(most) = limits.max_inline_bytes {
        return if load.bytes <= most { Route::Here } else { Route::Task };
    }
    let estimate = estimate(load);
    let vcpus = f64::from(limits.memory_mib) / MIB_A_VCPU;
    let fits = estimate.cpu_seconds / vcpus * SAFETY <= remaining.as_secs_f64()
        && estimate.memory_mib.saturating_add(recalled_mib(limits)) <= limits.memory_mib
        && estimate.disk_bytes <= limits.disk_bytes;
    if fits { Route::Here } else { Route::Task }
}

/// The task for `load`: at least the customer's 1 vCPU and 2 GB, more CPUs where it would take too long; `None` where
/// no task is large enough. `least_mib` is the memory it has in any case.
#[must_use]
pub fn task_shape(load: Load, least_mib: u32) -> Option<TaskShape> {
    let estimate = estimate(load);
    let vcpus = (estimate.cpu_seconds / TASK_SECONDS).ceil().clamp(1.0, MOST_VCPUS) as u32;
    let default = TaskSize::DEFAULT;
    let cpu_units = (vcpus.next_power_of_two() * 1024).max(default.cpu_units());
    let memory_mib = estimate.memory_mib.saturating_add(RECALLED_MIB as u32);
    let size = TaskSize::at_least(cpu_units, memory_mib.max(default.memory_mib()).max(least_mib))?;
    let gib = estimate.disk_bytes.div_ceil(1 << 30);
    match u32::try_from(gib) {
        _ if estimate.disk_bytes <= TASK_DISK => Ok(None),
        Ok(gib @ ..=190) => Ok(Some(gib + 8)),
        _ => Err(()),
    }
    .ok()
    .map(|disk_gib| TaskShape { size, disk_gib })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1_000_000;

    fn limits(memory_mib: u32) -> FunctionLimits {
        FunctionLimits { memory_mib, disk_bytes: 512 << 20, max_inline_bytes: None }
    }

    fn bytes(bytes: u64) -> Load {
        Load { bytes, zipped: 0 }
    }

    #[test]
    fn small_jobs_stay_and_large_ones_go() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        assert_eq!(route(bytes(2 * MB), &limits(1769), minutes(5)), Route::Here);
        assert_eq!(route(bytes(200 * MB), &limits(1769), minutes(5)), Route::Task);
        // Half the memory is half the CPU.
        assert_eq!(route(bytes(10 * MB), &limits(3538), minutes(3)), Route::Here);
        assert_eq!(route(bytes(10 * MB), &limits(884), minutes(3)), Route::Task);
        // Little time is left.
        assert_eq!(route(bytes(2 * MB), &limits(1769), Duration::from_secs(5)), Route::Task);
    }

    #[test]
    fn memory_and_disk_count_as_time_does() {
        let hours = Duration::from_secs(36_000);
        assert_eq!(route(bytes(50 * MB), &limits(512), hours), Route::Task);
        assert_eq!(route(bytes(50 * MB), &limits(2048), hours), Route::Here);
        let small_disk = FunctionLimits { disk_bytes: 100 << 20, ..limits(10_240) };
        assert_eq!(route(bytes(50 * MB), &small_disk, hours), Route::Task);
    }

    #[test]
    fn an_archive_counts_unpacked() {
        let plain = estimate(bytes(6 * MB));
        let zipped = estimate(Load { bytes: MB, zipped: MB });
        assert!((plain.cpu_seconds - zipped.cpu_seconds).abs() < 1e-9);
        assert_eq!(plain.memory_mib, zipped.memory_mib);
    }

    #[test]
    fn the_environment_overrules_the_rule() {
        let one_byte = FunctionLimits { max_inline_bytes: Some(1), ..limits(10_240) };
        assert_eq!(route(bytes(2), &one_byte, Duration::MAX), Route::Task);
        assert_eq!(route(bytes(1), &one_byte, Duration::ZERO), Route::Here);
    }

    #[test]
    fn a_task_grows_with_its_job() {
        let shape = |load| task_shape(load, 0).map(|shape| (shape.size, shape.disk_gib));
        assert_eq!(task_shape(bytes(MB), 5000).map(|shape| shape.size), TaskSize::at_least(1024, 5120));
        assert_eq!(shape(bytes(MB)), Some((TaskSize::DEFAULT, None)));
        let (size, disk) = shape(bytes(2_000 * MB)).unwrap();
        assert!(size.cpu_units() >= 4096 && size.memory_mib() >= 20_000, "{size:?}");
        assert_eq!(disk, None);
        assert!(shape(bytes(12_000 * MB)).is_some_and(|(_, disk)| disk == Some(31)));
        assert_eq!(shape(bytes(1 << 45)), None);
    }
}
