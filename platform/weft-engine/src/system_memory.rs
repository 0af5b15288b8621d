//! How much memory the process may have by the system: that of the machine, or less where it runs in a container or
//! service with a limit, beyond which the kernel kills it.

use std::path::{Path, PathBuf};

/// Reads a file; `None` where there is none.
type Read<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// In bytes; `None` where the system does not tell.
pub(crate) fn system_bytes() -> Option<u64> {
    bytes(&|file| std::fs::read_to_string(file).ok())
}

fn bytes(read: Read<'_>) -> Option<u64> {
    let of_machine = of_machine(&read(Path::new("/proc/meminfo"))?)?;
    let groups = read(Path::new("/proc/self/cgroup")).unwrap_or_default();
    let mounts = read(Path::new("/proc/self/mountinfo")).unwrap_or_default();
    let limits = mounts.lines().filter_map(Hierarchy::of_mount).flat_map(|hierarchy| hierarchy.limits(&groups));
    // A number greater than any machine's, or the word `max`, is no limit.
    let of_groups = limits.filter_map(|file| read(&file)?.trim().parse().ok());
    Some(of_groups.fold(of_machine, u64::min))
}

fn of_machine(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1_024)
}

/// A hierarchy of control groups that counts memory, as far as this process sees it.
#[derive(Debug)]
struct Hierarchy<'a> {
    /// The group that is mounted, which is not the topmost where a container sees its own groups alone.
    root: &'a str,
    mounted: &'a Path,
    is_second: bool,
}

impl<'a> Hierarchy<'a> {
    /// By a line of `/proc/self/mountinfo`: `36 35 0:30 ROOT PLACE rw,relatime shared:1 - TYPE SOURCE OPTIONS`.
    fn of_mount(line: &'a str) -> Option<Self> {
        let (mount, kind) = line.split_once(" - ")?;
        let mut mount = mount.split_whitespace().skip(3);
        let (root, mounted) = (mount.next()?, Path::new(mount.next()?));
        let mut kind = kind.split_whitespace();
        let is_second = match (kind.next()?, kind.nth(1)?) {
            ("cgroup2", _) => true,
            ("cgroup", options) if options.split(',').any(|option| option == "memory") => false,
            _ => return None,
        };
        Some(Hierarchy { root, mounted, is_second })
    }

    /// The files with the limits of the process's group and of those above it, which all hold. `groups` is
    /// `/proc/self/cgroup`.
    fn limits(&self, groups: &str) -> Vec<PathBuf> {
        let Some(group) = groups.lines().find_map(|line| self.group(line)) else { return Vec::new() };
        let file = if self.is_second { "memory.max" } else { "memory.limit_in_bytes" };
        // Of a group that is not below the one that is mounted, that one is all that can be seen.
        let below = Path::new(group).strip_prefix(self.root).unwrap_or(Path::new(""));
        let is_outside = below.components().any(|part| matches!(part, std::path::Component::ParentDir));
        let below = if is_outside { Path::new("") } else { below };
        below.ancestors().map(|group| self.mounted.join(group).join(file)).collect()
    }

    /// The process's group in this hierarchy, by a line `ID:CONTROLLERS:GROUP`.
    fn group<'b>(&self, line: &'b str) -> Option<&'b str> {
        let (_, line) = line.split_once(':')?;
        let (controllers, group) = line.split_once(':')?;
        let is_of_this = match self.is_second {
            true => controllers.is_empty(),
            false => controllers.split(',').any(|controller| controller == "memory"),
        };
        is_of_this.then_some(group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;
    const MEMINFO: &str = "MemTotal:       16777216 kB\nMemFree:         1 kB\n";
    const SECOND: &str = "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

    /// What the process may have on a machine of 16 GiB with these groups, mounts and files.
    fn bytes_of(groups: &str, mounts: &str, files: &[(&str, &str)]) -> Option<u64> {
        let system = [("/proc/meminfo", MEMINFO), ("/proc/self/cgroup", groups), ("/proc/self/mountinfo", mounts)];
        bytes(&|asked| {
            let mut all = system.iter().chain(files);
            all.find(|(file, _)| Path::new(file) == asked).map(|(_, text)| (*text).to_owned())
        })
    }

    #[test]
    fn a_machine_without_limits_is_had_whole() {
        assert_eq!(bytes_of("", "", &[]), Some(16 * GIB));
        let unlimited = [("/sys/fs/cgroup/user.slice/memory.max", "max\n")];
        assert_eq!(bytes_of("0::/user.slice\n", SECOND, &unlimited), Some(16 * GIB));
        assert_eq!(bytes(&|_| None), None);
    }

    #[test]
    fn a_container_sees_the_limit_of_its_own_group() {
        assert_eq!(bytes_of("0::/\n", SECOND, &[("/sys/fs/cgroup/memory.max", "3221225472\n")]), Some(3 * GIB));
        // More than the machine has is no limit.
        assert_eq!(bytes_of("0::/\n", SECOND, &[("/sys/fs/cgroup/memory.max", "99999999999999\n")]), Some(16 * GIB));
    }

    #[test]
    fn the_least_limit_of_all_groups_above_holds() {
        let groups = "0::/system.slice/mesh.slice/weft.service\n";
        let files = [
            ("/sys/fs/cgroup/system.slice/mesh.slice/weft.service/memory.max", "max\n"),
            ("/sys/fs/cgroup/system.slice/mesh.slice/memory.max", "2147483648\n"),
            ("/sys/fs/cgroup/system.slice/memory.max", "8589934592\n"),
            // Somebody else's.
            ("/sys/fs/cgroup/other.service/memory.max", "1\n"),
        ];
        assert_eq!(bytes_of(groups, SECOND, &files), Some(2 * GIB));
    }

    #[test]
    fn the_first_kind_of_groups_is_read_too() {
        let groups = "9:name=systemd:/\n4:cpu,memory:/docker/3f2a\n1:cpuset:/docker/3f2a\n0::/\n";
        let mounts = "34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n\
                      35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,cpu,memory\n\
                      41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
        let files = [
            ("/sys/fs/cgroup/memory/docker/3f2a/memory.limit_in_bytes", "1073741824\n"),
            ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
        ];
        assert_eq!(bytes_of(groups, mounts, &files), Some(GIB));
        // Within a container that does not see the groups above its own.
        let mounts = "35 31 0:32 /docker/3f2a /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
        let files = [("/sys/fs/cgroup/memory/memory.limit_in_bytes", "2147483648\n")];
        assert_eq!(bytes_of(groups, mounts, &files), Some(2 * GIB));
    }

    #[test]
    fn of_a_group_that_cannot_be_seen_the_mounted_one_counts() {
        let files = [("/sys/fs/cgroup/memory.max", "4294967296\n")];
        assert_eq!(bytes_of("0::/../other\n", SECOND, &files), Some(4 * GIB));
        let mounts = SECOND.replace(" / ", " /kubepods/pod1 ");
        assert_eq!(bytes_of("0::/elsewhere\n", &mounts, &files), Some(4 * GIB));
    }

    #[test]
    fn this_machine_tells() {
        assert!(system_bytes().is_some_and(|bytes| bytes > 0));
    }
}
