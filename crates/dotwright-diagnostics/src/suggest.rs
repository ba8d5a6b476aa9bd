//! "Did you mean": one definition of a near miss for every message of the product.

/// Optimal string alignment distance (insert, delete, replace, swap neighbours), or `None` above `limit`.
pub fn edit_distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    if a.is_ascii() && b.is_ascii() {
        return distance(a.as_bytes(), b.as_bytes(), limit);
    }
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    distance(&a, &b, limit)
}

fn distance<T: PartialEq>(a: &[T], b: &[T], limit: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    // What is equal at both ends costs nothing in some best alignment, and names in one file often begin alike.
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (a.get(same..)?, b.get(same..)?);
    let same = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (a.get(..a.len() - same)?, b.get(..b.len() - same)?);
    let mut before = vec![0; b.len() + 1];
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    let mut current = Vec::with_capacity(b.len() + 1);
    for (i, ca) in a.iter().enumerate() {
        current.push(i + 1);
        for (j, cb) in b.iter().enumerate() {
            let at = |row: &[usize], k: usize| row.get(k).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&previous, j) + usize::from(ca != cb))
                .min(at(&previous, j + 1) + 1)
                .min(at(&current, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(cb) && b.get(j - 1) == Some(ca);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            current.push(best);
        }
        if current.iter().all(|&d| d > limit) {
            return None;
        }
        std::mem::swap(&mut before, &mut previous);
        std::mem::swap(&mut previous, &mut current);
        current.clear();
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
    fn equal_ends_do_not_count() {
        assert_eq!(edit_distance("step_12_done", "step_21_done", 2), Some(1));
        assert_eq!(edit_distance("aaa", "aaaa", 2), Some(1));
        assert_eq!(edit_distance("größe", "grösse", 2), Some(2));
        assert_eq!(edit_distance("same", "same", 0), Some(0));
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
