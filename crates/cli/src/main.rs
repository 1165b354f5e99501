//! The binary `aegis`: everything it does is in the library, so that fuzz targets reach it too.

fn main() -> std::process::ExitCode {
    aegis_cli::run()
}
