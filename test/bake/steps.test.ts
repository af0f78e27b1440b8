import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Workplace } from '../support/workplace.ts';

const test = suite('how the steps of a bake run');

const FILE = `
target "limits" {
  dockerfile-inline = <<-EOT
    FROM busybox
    RUN ulimit -n > /out; df -k /dev/shm | tail -1 | awk '{print $2}' >> /out; grep db.example /etc/hosts >> /out
  EOT
  shm-size = "32m"
  ulimits = ["nofile=123:123"]
  extra-hosts = { "db.example" = "192.0.2.7" }
  network = "none"
  output = ["type=local,dest=out"]
}
target "host" {
  dockerfile-inline = "FROM busybox"
  network = "host"
}
target "insecure" {
  dockerfile-inline = "FROM busybox"
  entitlements = ["security.insecure"]
}
target "wrong" {
  dockerfile-inline = "FROM busybox"
  shm-size = "big"
}
`;

let place: Workplace;
test.before(async () => {
  place = await Workplace.withBusybox();
  place.write('docker-bake.hcl', FILE);
});
test.after(() => place.remove());

test('limits, hosts and network of a target hold for its steps', async () => {
  await place.ok(['bake', '--progress=plain', 'limits']);
  assert.is(readFileSync(place.at('out/out'), 'utf8'), '123\n32768\n192.0.2.7\tdb.example\n');
});

for (const [target, code, error, hint] of [
  ['host', 2, 'the target host asks for network.host, which is not granted', '--allow network.host'],
  ['insecure', 2, 'the target insecure asks for security.insecure, which is not granted', '--allow security.insecure'],
  ['wrong', 1, 'the target wrong: shm-size big: it is no size', '64m'],
] as const) {
  test(`${target} is refused, and says what to do`, async () => {
    const outcome = await place.run(['bake', target]);
    assert.is(outcome.code, code, outcome.stderr);
    assert.ok(outcome.stderr.includes(error), outcome.stderr);
    assert.ok(outcome.stderr.includes(hint), outcome.stderr);
  });
}

test('what is granted builds', async () => {
  await place.ok(['bake', '--allow', 'network.host', '--allow=security.insecure', 'host', 'insecure']);
});

test.run();
