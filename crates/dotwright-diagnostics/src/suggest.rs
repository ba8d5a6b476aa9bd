//! "Did you mean": one definition of a near miss for every message of the product.

/// Optimal string alignment distance (insert, delete, replace, swap neighbours), or `None` above `limit`.
pub fn edit_distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let mut before = vec![0; b.len() + 1];
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for (i, &ca) in a.iter().enumerate() {
        let mut current = Vec::with_capacity(b.len() + 1);
        current.push(i + 1);
        for (j, &cb) in b.iter().enumerate() {
            let at = |row: &[usize], k: usize| row.get(k).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&previous, j) + usize::from(ca != cb))
                .min(at(&previous, j + 1) + 1)
                .min(at(&current, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(&cb) && b.get(j - 1) == Some(&ca);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            current.push(best);
        }
        if current.iter().all(|&d| d > limit) {
            return None;
        }
        before = std::mem::replace(&mut previous, current);
    }
    previous.last().copied().filter(|&d| d <= limit)
}

/// The one candidate nearest to `name`: within distance 2, or 1 for names of fewer than four characters.
/// `None` when no candidate is that near, when two are equally near, or when `name` itself is a candidate.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = if name.chars().count() < 4 { 1 } else { 2 };
    let mut best: Option<(usize, &str)> = None;
    let mut tied = false;
    for candidate in candidates {
        if candidate == name {
            return None;
        }
        let Some(distance) = edit_distance(name, candidate, limit) else { continue };
        match best {
            Some((d, c)) if distance == d => tied |= c != candidate,
            Some((d, _)) if distance > d => {}
            _ => {
                best = Some((distance, candidate));
                tied = false;
            }
        }
    }
    best.filter(|_| !tied).map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_swapped_neighbours_once() {
        assert_eq!(edit_distance("retry", "rerty", 2), Some(1));
        assert_eq!(edit_distance("digrph", "digraph", 2), Some(1));
        assert_eq!(edit_distance("build", "review", 2), None);
    }

    #[test]
    fn short_names_need_a_nearer_candidate() {
        assert_eq!(did_you_mean("fix", ["six"]), Some("six"));
        assert_eq!(did_you_mean("fix", ["box"]), None);
    }

    #[test]
    fn two_equally_near_candidates_give_no_suggestion() {
        assert_eq!(did_you_mean("stepX", ["step1", "step2"]), None);
        assert_eq!(did_you_mean("plan", ["plan", "play"]), None);
    }
}
