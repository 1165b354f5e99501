//! The binary `aegis`: everything it does is in the library, so that fuzz targets reach it too.

// A product holds no planted bugs.
const _: () = assert!(!aegis_plants::CAN_BE_SOWN);

fn main() -> std::process::ExitCode {
    aegis_cli::run()
}
