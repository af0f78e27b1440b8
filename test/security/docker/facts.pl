# Tells what a container sees and may do: `facts.pl CALLS`, a line `NAME<TAB>VALUE` for each fact. CALLS has a line
# `NAME<TAB>NUMBER<TAB>ARGUMENT…` for each system call to try; an argument is a number, or `s` and bytes in hexadecimal.
use strict;
use warnings;
use POSIX ();
use Fcntl qw(:mode O_RDONLY O_WRONLY O_NONBLOCK);

my %names = map { POSIX->can($_) ? (POSIX->can($_)->() => $_) : () } qw(
  EPERM ENOENT ESRCH EINTR EIO ENXIO EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST ENODEV ENOTDIR
  EISDIR EINVAL ENFILE EMFILE ENOTTY EFBIG ENOSPC ESPIPE EROFS ERANGE ENOSYS ENOTEMPTY ELOOP EOVERFLOW EOPNOTSUPP
  EAFNOSUPPORT EPROTONOSUPPORT ESOCKTNOSUPPORT EADDRINUSE EDESTADDRREQ ENOTSOCK ENOTCONN EMSGSIZE ENODATA);
sub outcome { my ($number) = @_; return $number == 0 ? 'ok' : $names{$number} // "errno $number" }
sub fact { my ($name, $value) = @_; print "$name\t", $value =~ s/\s+/ /gr, "\n" }
sub text { my ($path) = @_; open(my $file, '<', $path) or return outcome($! + 0); local $/; return <$file> // '' }
sub entries { my ($path) = @_; opendir(my $dir, $path) or return; return sort grep { !/^\.\.?$/ } readdir $dir }

# What happens, in a process of its own: how it ended, or what the call answered.
sub attempt {
  my ($work) = @_;
  my $pid = fork // die "fork: $!";
  if ($pid == 0) { alarm 10; POSIX::_exit($work->() ? 0 : $! + 0) }
  waitpid $pid, 0;
  return $? & 127 ? 'signal ' . ($? & 127) : outcome($? >> 8);
}

sub opens {
  my ($path, $flags) = @_;
  return sysopen(my $file, $path, $flags | O_NONBLOCK) ? 'ok' : outcome($! + 0);
}

$| = 1;
my %status = map { /^(\w+):\s*(.*)/ ? ($1 => $2) : () } split /\n/, text('/proc/self/status');
fact("status $_", $status{$_} // 'none')
  for qw(Uid Gid Groups CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp Umask SigBlk SigIgn);
/^(Max [a-z ]+?) {2,}(\S+ +\S+)/ && fact("limit $1", $2) for split /\n/, text('/proc/self/limits');
fact('oom_score_adj', text('/proc/self/oom_score_adj'));
fact('ids of process, parent, group, session', join ' ', $$, getppid, getpgrp, syscall(124, 0));
fact('descriptors', join ' ', grep { -e "/proc/self/fd/$_" } entries('/proc/self/fd'));
fact('working directory', POSIX::getcwd());
fact('host name', text('/proc/sys/kernel/hostname'));
fact('domain name', text('/proc/sys/kernel/domainname'));
fact("namespace $_", readlink "/proc/self/ns/$_") for qw(cgroup ipc mnt net pid user uts);
fact("sysctl $_", text('/proc/sys/' . $_)) for qw(net/ipv4/ip_unprivileged_port_start net/ipv4/ping_group_range net/ipv4/ip_forward);
fact('interfaces', join ' ', map { /^\s*(\w+):/ ? $1 : () } split /\n/, text('/proc/net/dev'));
fact('loopback', attempt(sub {
  my $address = pack 'SnC4x8', 2, 4711, 127, 0, 0, 1;
  my ($server, $client);
  socket($server, 2, 1, 0) && bind($server, $address) && listen($server, 1) && socket($client, 2, 1, 0)
    && connect($client, $address);
}));

for (split /\n/, text('/proc/self/mountinfo')) {
  my ($fields, $rest) = split / - /;
  my ($target, $options) = (split / /, $fields)[4, 5];
  my ($type, undef, $super) = split / /, $rest;
  fact("mount $target", join ' ', $type, $options, join ',', sort grep { !/^(inode64|size=0k|seclabel|nr_inodes)/ } split /,/, $super);
}

# Without core, which is a link to /proc/kcore where the kernel has that.
for my $name ('.', grep { $_ ne 'core' } entries('/dev')) {
  my $path = "/dev/$name";
  my @stat = lstat $path or next;
  my $kind = S_ISLNK($stat[2]) ? 'link ' . readlink $path : sprintf '%o %d:%d %d:%d', $stat[2], $stat[4], $stat[5], $stat[6] >> 8, $stat[6] & 255;
  fact("device $name", $kind);
  fact("device $name: opened", opens($path, O_RDONLY) . ' ' . opens($path, O_WRONLY)) if S_ISCHR($stat[2]);
}

# What is below /proc, but for processes, and the upper part of /sys, the lower one being the machine's: what can be
# opened, to read and to write.
sub walk {
  my ($path, $depth) = @_;
  my @stat = lstat $path or return fact("path $path", 'lstat ' . outcome($! + 0));
  return if S_ISLNK($stat[2]);
  if (S_ISDIR($stat[2])) {
    fact("path $path", sprintf '%o', $stat[2]);
    walk("$path/$_", $depth - 1) for $depth > 0 ? entries($path) : ();
  } else {
    fact("path $path", join ' ', sprintf('%o', $stat[2]), opens($path, O_RDONLY), opens($path, O_WRONLY));
  }
}
walk("/proc/$_", 5) for grep { !/^(\d+|(thread-)?self)$/ } entries('/proc');
walk('/sys', 2);
fact("masked $_", join ' ', -e $_ ? 'there' : 'missing', -d $_ ? scalar(my @names = entries($_)) : (-r _ ? length substr text($_), 0, 10 : 'closed')) for qw(
  /proc/acpi /proc/asound /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats /proc/sched_debug /proc/scsi
  /proc/timer_list /proc/timer_stats /sys/devices/virtual/powercap /sys/firmware);
fact("changing $_", attempt(sub { mkdir "$_/tsbuild" and rmdir "$_/tsbuild" })) for qw(
  / /dev /dev/shm /dev/pts /dev/mqueue /proc /proc/sys /proc/sys/kernel /proc/fs /proc/bus /proc/irq /sys /sys/fs /sys/fs/cgroup
  /sys/kernel /sys/firmware);

for my $place ('/tmp', '/dev', '/dev/shm') {
  for ([null => 1, 3], [mem => 1, 1], [kmsg => 1, 11], [fuse => 10, 229]) {
    my ($name, $major, $minor) = @$_;
    my $path = "$place/made-$name";
    fact("node $path", outcome(syscall(133, $path, 020666, $major << 8 | $minor) == 0 ? 0 : $! + 0) . ' ' . opens($path, O_RDONLY));
    unlink $path;
  }
}

# Where a call returns twice, the second process ends at once.
sub perform {
  my ($number, @arguments) = @_;
  my @values = map { /^s(.*)/ ? pack('H*', $1) . ("\0" x 512) : $_ + 0 } @arguments;
  my $result = syscall($number, @values);
  POSIX::_exit(0) if $result == 0 && ($number == 56 || $number == 57);
  return $result != -1;
}
for (split /\n/, text($ARGV[0])) {
  my ($name, @call) = split /\t/;
  fact("call $name", attempt(sub { perform(@call) }));
}
