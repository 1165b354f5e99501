/// How a timestamp names UTC. The first AegisIPC writes it in two ways and its tests look for
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// `Z`: replies to calls, listings.
    Z,
    /// `+00:00`: registration and heartbeat replies.
    Offset,
}

/// Bytes of `2026-11-21T22:50:23.000000`, before the zone.
const LENGTH: usize = 26;

const MICROS_PER_DAY: u64 = 86_400_000_000;

/// The last microsecond of the year 9999: later times are cut to it, since four digits hold no
/// more.
const END: u64 = 253_402_300_799_999_999;

impl Zone {
    const fn text(self) -> &'static str {
        match self {
            Zone::Z => "Z",
            Zone::Offset => "+00:00",
        }
    }

    /// Bytes of a timestamp that ends in this.
    pub(crate) const fn timestamp_len(self) -> usize {
        LENGTH + self.text().len()
    }
}

/// Pushes microseconds since 1970 as RFC 3339 text with six decimals:
/// `2026-11-21T22:50:23.000000Z`. By hand, since every reply to a call carries one.
pub fn push_timestamp(out: &mut Vec<u8>, unix_micros: u64, zone: Zone) {
    let micros = unix_micros.min(END);
    let (year, month, day) = civil(micros / MICROS_PER_DAY);
    let of_day = micros % MICROS_PER_DAY;
    let seconds = of_day / 1_000_000;
    digits::<4>(out, year);
    out.push(b'-');
    digits::<2>(out, month);
    out.push(b'-');
    digits::<2>(out, day);
    out.push(b'T');
    digits::<2>(out, seconds / 3600);
    out.push(b':');
    digits::<2>(out, seconds / 60 % 60);
    out.push(b':');
    digits::<2>(out, seconds % 60);
    out.push(b'.');
    digits::<6>(out, of_day % 1_000_000);
    out.extend_from_slice(zone.text().as_bytes());
}

/// [`push_timestamp`] as a text.
pub fn timestamp(unix_micros: u64, zone: Zone) -> String {
    let mut out = Vec::with_capacity(zone.timestamp_len());
    push_timestamp(&mut out, unix_micros, zone);
    String::from_utf8(out).unwrap_or_default()
}

fn digits<const N: usize>(out: &mut Vec<u8>, mut value: u64) {
    let mut text = [b'0'; N];
    for digit in text.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
    out.extend_from_slice(&text);
}

/// Year, month and day of a day since 1970, by the algorithm `civil_from_days` of Howard Hinnant's
/// "chrono-Compatible Low-Level Date Algorithms": years begin in March, so that the leap day is
/// the last one.
fn civil(days: u64) -> (u64, u64, u64) {
    const DAYS_FROM_YEAR_0: u64 = 719_468;
    const DAYS_PER_ERA: u64 = 146_097;
    let days = days + DAYS_FROM_YEAR_0;
    let of_era = days % DAYS_PER_ERA;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + days / DAYS_PER_ERA * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn twin(unix_micros: u64) -> String {
        let at = jiff::Timestamp::from_microsecond(unix_micros as i64).unwrap();
        format!("{at:.6}")
    }

    #[test]
    fn known_times() {
        for micros in [0, 951_782_400_000_000, 1_709_164_800_000_001] {
            assert_eq!(timestamp(micros, Zone::Z), twin(micros));
        }
        assert_eq!(
            timestamp(0, Zone::Offset),
            "1970-01-01T00:00:00.000000+00:00"
        );
        assert_eq!(timestamp(u64::MAX, Zone::Z), "9999-12-31T23:59:59.999999Z");
    }

    proptest! {
        #[test]
        fn agrees_with_a_calendar_library(micros in 0..=253_370_764_800_000_000u64) {
            let text = timestamp(micros, Zone::Z);
            prop_assert_eq!(text.len(), Zone::Z.timestamp_len());
            prop_assert_eq!(text, twin(micros));
        }
    }
}
