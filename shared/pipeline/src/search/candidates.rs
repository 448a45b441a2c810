//! Ranks conversations of which only some cosines are known, without missing one of the best.
//!
//! An index tells the cosines of the nearest conversations, and words may lift others above those. What words add is
//! known of every conversation, and one that is not among the nearest is no nearer than the last of them: so what it can
//! reach at most is known as well, and only those that could reach the best have to be asked for (the threshold
//! algorithm of Fagin, Lotem and Naor 2003).

use std::collections::HashMap;

use super::{Query, WordIndex, in_order};

/// The conversations of one build, while it is found out which of them a query finds.
#[derive(Debug)]
pub struct Candidates<'a> {
    query: &'a Query,
    /// What words say of every conversation, 0 to 1.
    shares: Vec<f32>,
    /// The scores of those whose cosine is known.
    scores: HashMap<usize, f32>,
}

impl<'a> Candidates<'a> {
    /// All conversations of `words`; no cosine is known yet.
    #[must_use]
    pub fn new(query: &'a Query, words: &WordIndex) -> Self {
        Self { query, shares: words.scores(&query.terms, query.weighing), scores: HashMap::new() }
    }

    /// The similarity of [`Query::vector`] to a conversation. Nothing is kept of one that the build does not have or that
    /// was left out.
    pub fn add(&mut self, conversation: usize, cosine: f32) {
        if let Some(&share) = self.shares.get(conversation).filter(|share| share.is_finite()) {
            self.scores.insert(conversation, self.query.score(cosine, share));
        }
    }

    /// The conversation is not looked for: it is none of those wanted, or the index does not hold it. One whose cosine is
    /// known stays.
    pub fn leave_out(&mut self, conversation: usize) {
        if let Some(share) = self.shares.get_mut(conversation) {
            *share = f32::NEG_INFINITY;
        }
    }

    /// Conversations without a known cosine that would be among the `limit` best if it were `farthest`, the most
    /// promising first, equal ones by number. None: [`Self::best`] is what it would be if every cosine were known,
    /// provided that no unknown one is above `farthest`.
    #[must_use]
    pub fn missing(&self, limit: usize, farthest: f32) -> Vec<usize> {
        let reached = self.best(limit);
        let beaten =
            if reached.len() < limit { 0.0 } else { reached.last().map_or(0.0, |&(_, score)| score) };
        let mut missing: Vec<(usize, f32)> = self
            .shares
            .iter()
            .map(|&share| self.query.score(farthest, share))
            .enumerate()
            .filter(|(conversation, most)| *most > beaten && !self.scores.contains_key(conversation))
            .collect();
        missing.sort_by(in_order);
        missing.into_iter().map(|(conversation, _)| conversation).collect()
    }

    /// The `limit` best of those whose cosine is known with their scores from 0 to 1, best first, equal ones by number.
    #[must_use]
    pub fn best(&self, limit: usize) -> Vec<(usize, f32)> {
        let mut ranked: Vec<(usize, f32)> =
            self.scores.iter().map(|(&place, &score)| (place, score)).collect();
        ranked.sort_by(in_order);
        ranked.truncate(limit);
        ranked
    }
}

#[cfg(test)]
mod tests {
    use super::super::index::tests::index;
    use super::super::terms::Terms;
    use super::super::{KNOWN, UNKNOWN, Weighing};
    use super::*;

    /// Conversations of which every seventh is about bread, with a cosine for each.
    fn conversations() -> (WordIndex, Vec<f32>) {
        let text = |number: usize| match number % 7 {
            0 => format!("sourdough bread number{number}"),
            1 => format!("bread and butter number{number}"),
            _ => format!("engine oil number{number}"),
        };
        let texts: Vec<String> = (0..200).map(text).collect();
        let cosines = (0..200).map(|number| (number as f32 * 0.7).sin().abs() * 0.8).collect();
        (index(&texts.iter().map(String::as_str).collect::<Vec<_>>()), cosines)
    }

    fn query(text: &str, weighing: Weighing) -> Query {
        Query { vector: Vec::new(), terms: Terms::of(&[text], None), weighing }
    }

    #[test]
    fn some_of_the_cosines_are_enough_for_the_ranking_of_all() {
        let (words, cosines) = conversations();
        for (text, weighing) in [
            ("sourdough bread", KNOWN),
            ("bread", UNKNOWN),
            ("engine", KNOWN),
            ("number42", UNKNOWN),
            ("nothing of it", KNOWN),
        ] {
            let query = query(text, weighing);
            let mut nearest: Vec<usize> = (0..cosines.len()).collect();
            nearest.sort_by(|&a, &b| cosines[b].total_cmp(&cosines[a]));
            let mut candidates = Candidates::new(&query, &words);
            nearest[..30].iter().for_each(|&near| candidates.add(near, cosines[near]));
            let farthest = cosines[nearest[29]];
            let mut asked = 0;
            while let Some(&missing) = candidates.missing(10, farthest).first() {
                candidates.add(missing, cosines[missing]);
                asked += 1;
            }
            assert_eq!(candidates.best(10), query.rank(&cosines, &words, 10), "{text}");
            assert!(asked < 100, "{text}: {asked} of 170 were asked for");
        }
    }

    #[test]
    fn what_cannot_reach_the_best_is_not_asked_for() {
        let (words, _) = conversations();
        let query = query("engine", KNOWN);
        let mut candidates = Candidates::new(&query, &words);
        assert_eq!(candidates.missing(2, 0.5).len(), 200, "with nothing known everything counts");
        [2, 3].into_iter().for_each(|known| candidates.add(known, 0.9));
        assert!(candidates.missing(2, 0.5).is_empty());
        assert_eq!(candidates.missing(3, 0.5).len(), 198);
        candidates.leave_out(3);
        candidates.leave_out(4);
        assert_eq!(candidates.missing(3, 0.5).len(), 197);
        candidates.add(1_000, 0.9);
        assert_eq!(candidates.best(5).len(), 2, "of another build");
    }
}
