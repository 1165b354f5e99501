use aegis_plants::Plant;

use super::Switch;
use super::route::{Delivery, Origin, Parcel};
use super::slots::Key;
use super::table::GroupMatch;
use crate::LocalPeer;

impl<L: LocalPeer> Switch<L> {
    /// Gives a message to one member of the group at `at`. Groups of one name are one group, by
    /// whichever of their patterns they were reached; they are served at the first.
    pub(super) fn deliver_to_group(
        &mut self,
        groups: &[GroupMatch],
        at: usize,
        parcel: &Parcel<'_>,
        origin: Origin,
    ) -> Delivery {
        let groups = groups.get(at..).unwrap_or_default();
        let Some(first) = groups.first().filter(|group| group.is_first) else {
            return Delivery::Skipped;
        };
        // Each round that finds somebody gone has one member less to pick from.
        let rounds = self.count_members(groups, *first) + 1;
        for _ in 0..rounds {
            let delivery = self.deliver_to_one(groups, *first, parcel, origin);
            if delivery != Delivery::Gone {
                return delivery;
            }
        }
        Delivery::Gone
    }

    /// Offers a message to the members of a group in turn, beginning anywhere, until it is taken or
    /// one turns out to be gone.
    fn deliver_to_one(
        &mut self,
        groups: &[GroupMatch],
        like: GroupMatch,
        parcel: &Parcel<'_>,
        origin: Origin,
    ) -> Delivery {
        let members = self.count_members(groups, like);
        let start = self.random.next().checked_rem(members).unwrap_or(0);
        for turn in 0..members {
            let nth = (start + turn) % members;
            let Some(key) = self.nth_member(groups, like, nth) else {
                break;
            };
            let delivery = self.deliver(key, parcel, origin);
            if Plant::GroupServesTwo.is_sown() && turn == 0 && members > 1 {
                continue;
            }
            if delivery != Delivery::Skipped {
                return delivery;
            }
        }
        Delivery::Skipped
    }

    fn same<'a>(
        &'a self,
        groups: &'a [GroupMatch],
        like: GroupMatch,
    ) -> impl Iterator<Item = &'a [Key]> {
        let name = self.table.group_name(like);
        let same = move |group: &&GroupMatch| self.table.group_name(**group) == name;
        let members = |group: &'a GroupMatch| self.table.group_members(*group);
        groups.iter().filter(same).map(members)
    }

    fn count_members(&self, groups: &[GroupMatch], like: GroupMatch) -> usize {
        self.same(groups, like).map(<[Key]>::len).sum()
    }

    fn nth_member(&self, groups: &[GroupMatch], like: GroupMatch, mut nth: usize) -> Option<Key> {
        for members in self.same(groups, like) {
            match members.get(nth) {
                Some(key) => return Some(*key),
                None => nth -= members.len(),
            }
        }
        None
    }
}

/// Numbers to spread messages over queue groups with; splitmix64. Not for secrets.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as usize
    }
}
