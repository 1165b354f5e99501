use aegis_types::{AttemptEnd, RetryWish, Safety};

const SAFETIES: usize = Safety::ALL.len();
const WISHES: usize = RetryWish::ALL.len();
const FIELDS: usize = AttemptEnd::ALL.len() * SAFETIES * WISHES;

/// How many attempts ended without a result, by the field of the table
/// [`may_be_sent_again`](aegis_types::may_be_sent_again) that decided what came next.
#[derive(Clone, Debug)]
pub struct AttemptEnds([u64; FIELDS]);

impl Default for AttemptEnds {
    fn default() -> AttemptEnds {
        AttemptEnds([0; FIELDS])
    }
}

impl AttemptEnds {
    pub(crate) fn note(&mut self, end: AttemptEnd, safety: Safety, wish: RetryWish) {
        let field = fields().position(|field| field == (end, safety, wish));
        if let Some(count) = field.and_then(|field| self.0.get_mut(field)) {
            *count += 1;
        }
    }

    /// Every field of the table and its count.
    pub fn iter(&self) -> impl Iterator<Item = (AttemptEnd, Safety, RetryWish, u64)> + '_ {
        let counts = self.0.iter().copied();
        fields()
            .zip(counts)
            .map(|((end, safety, wish), count)| (end, safety, wish, count))
    }
}

fn fields() -> impl Iterator<Item = (AttemptEnd, Safety, RetryWish)> {
    AttemptEnd::ALL.into_iter().flat_map(|end| {
        Safety::ALL.into_iter().flat_map(move |safety| {
            RetryWish::ALL
                .into_iter()
                .map(move |wish| (end, safety, wish))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_is_counted_on_its_own() {
        let mut ends = AttemptEnds::default();
        for (times, (end, safety, wish)) in fields().enumerate() {
            for _ in 0..times {
                ends.note(end, safety, wish);
            }
        }
        let counts: Vec<u64> = ends.iter().map(|(_, _, _, count)| count).collect();
        assert_eq!(counts, (0..FIELDS as u64).collect::<Vec<u64>>());
    }
}
