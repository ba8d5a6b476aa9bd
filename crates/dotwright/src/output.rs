//! Standard output, standard error and report files, none of which may make the program panic.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use miette::{GraphicalReportHandler, GraphicalTheme, ThemeCharacters};

use crate::args::ColorChoice;
use crate::error::AppError;

/// Writes the whole report to a file, or to standard output without one.
pub(crate) fn write_report(target: Option<&Path>, report: &[u8]) -> Result<(), AppError> {
    match target {
        Some(path) => write_file(path, report),
        None => write_stdout(report),
    }
}

/// Writes to standard output. A reader that closes the pipe, such as `head`, has seen enough: that is no error.
pub(crate) fn write_stdout(text: &[u8]) -> Result<(), AppError> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(AppError::WriteOutput { error }),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes a line for the person at the terminal.
pub(crate) fn write_stderr(text: &str) {
    // Nobody can be told that standard error is closed.
    let _closed = io::stderr().lock().write_all(text.as_bytes());
}

/// Draws an error of the program itself.
pub(crate) fn write_error(error: &AppError, color: ColorChoice) {
    let theme = if colors_stderr(color) { GraphicalTheme::unicode() } else { GraphicalTheme::none() };
    let theme = GraphicalTheme {
        characters: ThemeCharacters { error: "error:".into(), ..ThemeCharacters::ascii() },
        ..theme
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(100).with_links(false);
    let mut text = String::new();
    if handler.render_report(&mut text, error).is_err() {
        text = format!("{error}\n");
    }
    write_stderr(&text);
}

/// Replaces a file as a whole: other programs see the old text or the new one, and a failure loses neither.
pub(crate) fn write_file(path: &Path, text: &[u8]) -> Result<(), AppError> {
    let fail = |error| AppError::Write { path: path.to_owned(), error };
    // The link itself would be replaced by a file; what it leads to is what the person means.
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let permissions = match std::fs::metadata(&target) {
        Ok(metadata) if !metadata.is_file() => return std::fs::write(&target, text).map_err(fail),
        Ok(metadata) if metadata.permissions().readonly() => {
            return Err(fail(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only")));
        }
        Ok(metadata) => Some(metadata.permissions()),
        Err(_) => None,
    };
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".dotwright-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(fail)?;
    file.write_all(text).map_err(fail)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions).map_err(fail)?;
    }
    file.as_file().sync_all().map_err(fail)?;
    file.persist(&target).map_err(|error| fail(error.error))?;
    Ok(())
}

/// Whether to colour what goes to standard output.
pub(crate) fn colors_stdout(choice: ColorChoice) -> bool {
    colors(choice, io::stdout().is_terminal())
}

/// Whether to colour what goes to standard error.
fn colors_stderr(choice: ColorChoice) -> bool {
    colors(choice, io::stderr().is_terminal())
}

fn colors(choice: ColorChoice, terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
            terminal && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    }
}
