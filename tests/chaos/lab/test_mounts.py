from __future__ import annotations

from chaos.lab.mounts import below

MOUNTINFO = """\
22 1 254:0 / / rw shared:1 - ext4 /dev/vda rw
40 22 254:0 /run/x /run/x rw - ext4 /dev/vda rw
41 40 0:4 mnt:[1] /run/x/node-1.mounts rw - nsfs nsfs rw
42 22 0:5 / /run/xy rw - tmpfs none rw
43 40 0:6 / /run/x/with\\040blank/deep rw - tmpfs none rw
"""


def test_mounts_below_a_folder_are_found_deepest_first():
    """The folder itself is one, a folder whose name only begins alike is not, and blanks are blanks."""
    assert below("/run/x", MOUNTINFO) == ["/run/x/with blank/deep", "/run/x/node-1.mounts", "/run/x"]


def test_nothing_is_mounted_below_most_folders():
    """The root is not below a folder."""
    assert below("/run/x/node-1.mounts/none", MOUNTINFO) == []
