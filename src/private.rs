//! Files and folders for their owner's eyes only: 0600 and 0700 from the moment they exist.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

/// Makes a folder, and those above it that are missing. One that is there stays as it is. A new `.trueup` among them is
/// kept out of git.
///
/// # Errors
/// It can't be made.
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let own = folder.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == OWN));
    let is_new = own.is_some_and(|own| !own.exists());
    builder.create(folder)?;
    match own {
        // The folder's content is of this machine and its user only. Whoever wants it in git says so there.
        Some(own) if is_new => match write_new(&own.join(".gitignore"), b"*\n") {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// The folder in a workspace that the program keeps its own files in.
const OWN: &str = ".trueup";

/// Makes a file that is not there yet, to be written to.
///
/// # Errors
/// It is there, or can't be made.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    settle(path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")));
    Ok(file)
}

/// Reads a file of at most so many bytes. A pipe or a device is none: it might never end.
///
/// # Errors
/// It can't be read, is no regular file, or is larger.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let data = std::fs::metadata(path)?;
    if !data.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    let mut bytes = Vec::new();
    // It may grow meanwhile.
    File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {limit} bytes")));
    }
    Ok(bytes)
}

/// Opens a file to be locked, and makes it if it is missing.
///
/// # Errors
/// It can't be opened or made.
pub(crate) fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes a file in one step: whoever reads it meanwhile, or after a crash, finds the old content or the new one.
///
/// # Errors
/// It can't be written; what was there still is.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    settle(folder);
    Ok(())
}

/// Writes a file that is not there yet, in one step: of two who do so at once, one does.
///
/// # Errors
/// It is there, or can't be written.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    settle(folder);
    Ok(())
}

/// Sees to it that a new name in a folder is there after a loss of power, where the file system can do that.
fn settle(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn nobody_else_may_look() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        create_folder(&inner).unwrap();
        write(&inner.join("one"), b"1").unwrap();
        write(&inner.join("one"), b"2").unwrap();
        create(&inner.join("two")).unwrap().write_all(b"3").unwrap();
        assert!(create(&inner.join("two")).is_err());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!([mode(&inner), mode(&inner.join("one")), mode(&inner.join("two"))], [0o700, 0o600, 0o600]);
        assert_eq!(fs::read(inner.join("one")).unwrap(), b"2");
        open_lock(&inner.join("lock")).unwrap();
        assert_eq!(mode(&inner.join("lock")), 0o600);
        assert_eq!(write_new(&inner.join("one"), b"3").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(read(&inner.join("one"), 1).unwrap(), b"2");
        assert_eq!(read(&inner.join("one"), 0).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        for endless in ["/dev/zero", "/dev/full", "/"] {
            assert_eq!(read(Path::new(endless), 9).unwrap_err().to_string(), "it is no regular file", "{endless}");
        }
        write_new(&inner.join("three"), b"3").unwrap();
        assert_eq!((mode(&inner.join("three")), fs::read(inner.join("one")).unwrap()), (0o600, b"2".to_vec()));
    }
}
