//! What the worker and the task read from their environment alike.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use graphnode_core::config::{ConfigError, Environment, variables};
use graphnode_core::encoder::LazyEncoder;
use graphnode_core::hash::hex_sha256;
use graphnode_core::ids::BucketName;
use graphnode_core::job::Place;
use graphnode_core::metrics::Meter;
use graphnode_core::ports::Buckets;

use crate::routing::FunctionLimits;
use crate::service::{Service, Settings};

/// Names of what jobs work with. None has a default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Bucket of records and, unless a request names another, of inputs and results.
    pub bucket: BucketName,
    /// Further buckets a request may name.
    pub input_buckets: Vec<BucketName>,
    /// URL of the queue that requests come from and go back to.
    pub request_queue_url: String,
    /// URL of the queue that progress and results go to.
    pub result_queue_url: String,
    /// Folder of the model.
    pub model: PathBuf,
}

impl Names {
    /// The names from the environment.
    ///
    /// # Errors
    /// [`ConfigError`] that names the variable.
    pub fn from_environment(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            bucket: environment.required(variables::BUCKET)?,
            input_buckets: environment.list(variables::INPUT_BUCKETS)?,
            request_queue_url: environment.required(variables::REQUEST_QUEUE_URL)?,
            result_queue_url: environment.required(variables::RESULT_QUEUE_URL)?,
            model: environment.required(variables::MODEL)?,
        })
    }
}

/// How a process reaches what its [`Names`] name.
#[derive(Debug)]
pub struct Outside<B, R, L, E> {
    /// Opens a bucket.
    pub bucket: B,
    /// Opens the queue of a URL.
    pub queue: R,
    /// Starts tasks; `None` in a process that is one.
    pub launcher: Option<L>,
    /// Opens the model of a folder.
    pub encoder: E,
}

impl Names {
    /// What processes messages with these names.
    pub fn service<O: Clone, Q, L, C>(
        self,
        settings: Settings,
        meter: Meter,
        clock: C,
        outside: Outside<
            impl Fn(BucketName) -> O,
            impl Fn(String) -> Q,
            L,
            impl FnOnce(PathBuf) -> LazyEncoder,
        >,
    ) -> Service<O, Q, L, C> {
        let open = |name: BucketName| (name.clone(), (outside.bucket)(name));
        let own = (outside.bucket)(self.bucket.clone());
        Service {
            buckets: Buckets::new(self.bucket, own, self.input_buckets.into_iter().map(open)),
            requests: (outside.queue)(self.request_queue_url),
            results: (outside.queue)(self.result_queue_url),
            launcher: outside.launcher,
            encoder: Arc::new((outside.encoder)(self.model)),
            clock: Arc::new(clock),
            meter,
            settings,
        }
    }
}

impl Settings {
    /// The settings of a process in `place`, with what the environment says otherwise.
    ///
    /// # Errors
    /// [`ConfigError`] that names the variable; in a function also when its memory is not told.
    pub fn from_environment(place: Place, environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let mut settings = Self::of(place);
        if place == Place::Lambda {
            settings.function = Some(function_limits(environment)?);
        }
        if let Some(seconds) = environment.optional(variables::LEASE_SECONDS)? {
            settings.lease = Duration::from_secs(seconds);
        }
        Ok(settings)
    }
}

impl Settings {
    /// Gives this process a scratch folder of its own, empty, under the present one.
    ///
    /// A process that is killed leaves the files of its job. The next one in the same environment has the same `name`
    /// and would otherwise run out of disk for them.
    ///
    /// # Errors
    /// What the file system says.
    pub fn take_scratch(&mut self, name: &str) -> io::Result<()> {
        let hash = hex_sha256([name.as_bytes()]);
        let folder = self.scratch.join(format!("graphnode-{}", &hash[..16]));
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(&folder)?,
        }
        self.scratch = folder;
        Ok(())
    }
}

fn function_limits(environment: &Environment<'_>) -> Result<FunctionLimits, ConfigError> {
    /// What every function has without asking.
    const USUAL_DISK_MIB: u64 = 512;
    let disk_mib: u64 = environment.optional(variables::SCRATCH_MIB)?.unwrap_or(USUAL_DISK_MIB);
    Ok(FunctionLimits {
        memory_mib: environment.required(variables::FUNCTION_MEMORY)?,
        disk_bytes: disk_mib << 20,
        max_inline_bytes: environment.optional(variables::MAX_INLINE_BYTES)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_missing_is_told() {
        let pairs = [
            (variables::BUCKET, "graphnode-own"),
            (variables::INPUT_BUCKETS, "one-bucket,two-bucket"),
            (variables::REQUEST_QUEUE_URL, "https://queue/requests"),
            (variables::RESULT_QUEUE_URL, "https://queue/results"),
            (variables::MODEL, "/opt/model"),
        ];
        let names = Names::from_environment(&Environment::of(&pairs)).unwrap();
        assert_eq!(names.input_buckets.len(), 2);
        for missing in [0, 2, 3, 4] {
            let some: Vec<_> = pairs.iter().copied().filter(|pair| *pair != pairs[missing]).collect();
            let error = Names::from_environment(&Environment::of(&some));
            assert_eq!(error, Err(ConfigError::Missing(pairs[missing].0)));
        }
    }

    #[test]
    fn what_a_killed_process_left_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let at = |place| Settings { scratch: folder.path().to_owned(), ..Settings::of(place) };
        let mut before = at(Place::Lambda);
        before.take_scratch("2026/06/01/[$LATEST]a").unwrap();
        fs::write(before.scratch.join("left"), "x").unwrap();
        let mut after = at(Place::Lambda);
        after.take_scratch("2026/06/01/[$LATEST]a").unwrap();
        assert_eq!(after.scratch, before.scratch);
        assert!(!after.scratch.join("left").exists());
        let mut other = at(Place::Lambda);
        other.take_scratch("2026/06/01/[$LATEST]b").unwrap();
        assert_ne!(other.scratch, after.scratch);
    }

    #[test]
    fn a_function_is_told_its_memory() {
        let told = [(variables::FUNCTION_MEMORY, "1769"), (variables::MAX_INLINE_BYTES, "1000")];
        let settings = Settings::from_environment(Place::Lambda, &Environment::of(&told)).unwrap();
        let limits = settings.function.unwrap();
        assert_eq!((limits.memory_mib, limits.disk_bytes), (1769, 512 << 20));
        assert_eq!(limits.max_inline_bytes, Some(1000));
        let untold = Settings::from_environment(Place::Lambda, &Environment::of(&[])).map(drop);
        assert_eq!(untold, Err(ConfigError::Missing(variables::FUNCTION_MEMORY)));
        assert!(Settings::from_environment(Place::Fargate, &Environment::of(&[])).is_ok());
    }
}
