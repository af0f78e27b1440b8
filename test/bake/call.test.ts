import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Workplace } from '../support/workplace.ts';

const test = suite('bake --call and --check');

const BAKE_FILE = `group "default" { targets = ["good", "bad"] }
target "library" {
  dockerfile-inline = "FROM scratch"
}
target "good" {
  dockerfile-inline = "FROM library AS app"
  contexts = { library = "target:library" }
}
target "bad" {
  dockerfile-inline = <<EOT
from scratch
ARG LEVEL=1
LABEL a b
EOT
}
`;

test('a method says of each target what it says of a build file', async () => {
  const place = new Workplace();
  try {
    place.write('docker-bake.hcl', BAKE_FILE);
    const checked = await place.run(['bake', '--check']);
    assert.is(checked.code, 1);
    assert.match(
      checked.stdout,
      /^good\n\nCheck complete, no warnings found\.\n\nbad\n\nCheck complete, \d warnings have been found!/,
    );
    assert.is((await place.run(['bake', '--check', 'good'])).code, 0);
    const json = JSON.parse(await place.ok(['bake', '--call=targets,format=json']));
    assert.equal(Object.keys(json.target), ['good', 'bad']);
    assert.is(json.target.good.targets[0].name, 'app');
    assert.match(await place.ok(['bake', '--call=outline', 'bad']), 'LEVEL');
    assert.is((await place.run(['bake', '--call=nothing'])).code, 2);
  } finally {
    place.remove();
  }
});

test.run();
