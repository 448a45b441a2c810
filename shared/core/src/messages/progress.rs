//! Progress as the consumer wants it: a stage, a percent within it, never backwards, at most once a second.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::watch::Stage;

/// A stage as the consumer sees it, numbered from 1 in the order they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProgressStage(Stage);

impl From<Stage> for ProgressStage {
    fn from(stage: Stage) -> Self {
        Self(stage)
    }
}

impl ProgressStage {
    /// Its name in logs and in the HTTP API.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.name()
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> usize {
        self.0 as usize + 1
    }

    /// Its name in Korean.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Stage::Import => "대화 가져오기",
            Stage::Embed => "임베딩",
            Stage::Keywords => "키워드 추출",
            Stage::Neighbours => "유사도 계산",
            Stage::Clusters => "클러스터링",
            Stage::Names => "클러스터 이름 생성",
            Stage::Edges => "관계 연결",
            Stage::Layout => "그래프 배치",
            Stage::Summary => "요약",
            Stage::Write => "결과 저장",
        }
    }
}

/// A place in the work: ordered by stage, then percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Progress {
    stage: ProgressStage,
    percent: u8,
}

impl Progress {
    /// `done` of `total` units of `stage`; above `total` counts as all, and of a total that is not known yet nothing
    /// is done.
    #[must_use]
    pub fn new(stage: Stage, done: u64, total: u64) -> Self {
        let percent = if total == 0 { 0 } else { u128::from(done.min(total)) * 100 / u128::from(total) };
        Self { stage: stage.into(), percent: percent as u8 }
    }

    /// The stage.
    #[must_use]
    pub fn stage(self) -> ProgressStage {
        self.stage
    }

    /// 0 to 100, within the stage.
    #[must_use]
    pub fn percent(self) -> u8 {
        self.percent
    }

    /// 0 to 99 of the whole job: grows with every step of a stage. All of it is done only when the job is.
    ///
    /// Stages count by the share of the time they take in a function (1,000 conversations; see docs/PIPELINE.md).
    #[must_use]
    pub fn overall_percent(self) -> u8 {
        let before: u32 = Stage::ALL.iter().filter(|stage| **stage < self.stage.0).map(share).sum();
        let within = share(&self.stage.0) * u32::from(self.percent);
        ((before * 100 + within) / 100).min(99) as u8
    }

    /// `[N단계] NAME 시작`, `중` or `완료`.
    #[must_use]
    pub fn current_stage(self) -> String {
        let word = match self.percent {
            0 => "시작",
            100 => "완료",
            _ => "중",
        };
        format!("[{}단계] {} {word}", self.stage.number(), self.stage.name())
    }
}

/// Percent of a whole job's time.
fn share(stage: &Stage) -> u32 {
    match stage {
        Stage::Import => 4,
        Stage::Embed => 76,
        Stage::Keywords => 7,
        Stage::Neighbours | Stage::Names | Stage::Layout | Stage::Write => 2,
        Stage::Clusters => 3,
        Stage::Edges | Stage::Summary => 1,
    }
}

/// Decides which reports become messages: those that lead further, at most one a second.
#[derive(Debug, Default)]
pub struct ProgressMeter {
    last: Option<(Progress, Duration)>,
}

impl ProgressMeter {
    /// Least time between two messages.
    pub const INTERVAL: Duration = Duration::from_secs(1);

    /// `progress` when it should be sent at `elapsed` (of a [`Clock`](crate::clock::Clock)); `None` when it leads no
    /// further than the last that was sent, or follows it too closely.
    pub fn report(&mut self, progress: Progress, elapsed: Duration) -> Option<Progress> {
        let due = self
            .last
            .is_none_or(|(last, at)| progress > last && elapsed.saturating_sub(at) >= Self::INTERVAL);
        if due {
            self.last = Some((progress, elapsed));
        }
        due.then_some(progress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_never_falls_and_ends_below_all() {
        let mut last = 0;
        for stage in Stage::ALL {
            for percent in 0..=100 {
                let overall = Progress::new(stage, percent, 100).overall_percent();
                assert!(overall >= last, "{stage:?} {percent}");
                last = overall;
            }
        }
        assert_eq!(last, 99);
        assert_eq!(Stage::ALL.iter().map(share).sum::<u32>(), 100);
    }
}
