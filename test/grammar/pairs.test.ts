import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { errorsOf, one, place } from './parsed.ts';

const pairs = suite('ENV, LABEL, ARG');

const environments: [string, string, [string, string][]][] = [
  ['one pair', 'ENV a=1', [['a', '1']]],
  [
    'several',
    'ENV a=1 b= c=3',
    [
      ['a', '1'],
      ['b', ''],
      ['c', '3'],
    ],
  ],
  [
    'quotes stay for the expansion',
    'ENV a="b c" d=\'e f\'',
    [
      ['a', '"b c"'],
      ['d', "'e f'"],
    ],
  ],
  ['an escaped blank', 'ENV a=b\\ c', [['a', 'b\\ c']]],
  [
    'an escaped quote in quotes',
    'ENV a="b\\" c" d=e',
    [
      ['a', '"b\\" c"'],
      ['d', 'e'],
    ],
  ],
  ['a quote without end takes the rest', 'ENV a="b c=d', [['a', '"b c=d']]],
  ['only the first = counts', 'ENV a=b=c', [['a', 'b=c']]],
  ['a quoted name', 'ENV "a b"=c', [['"a b"', 'c']]],
  ['trap 5: the legacy form takes the rest', 'ENV ONE TWO= THREE=world', [['ONE', 'TWO= THREE=world']]],
  ['the legacy form keeps inner blanks', 'ENV a  b  "c" ', [['a', 'b  "c"']]],
  [
    'over several lines',
    'ENV a=1 \\\n  b=2',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
];

for (const [name, text, expected] of environments) {
  pairs(name, () => {
    const env = one('ENV', text);
    assert.equal(
      env.pairs.map((pair) => [pair.key.text, pair.value.text]),
      expected,
    );
    assert.is(env.legacy, /legacy/.test(name));
  });
}

pairs('the escape directive decides what escapes a blank', () => {
  const env = one('ENV', '# escape=`\nFROM a\nENV a=b` c d=\\');
  assert.equal(
    env.pairs.map((pair) => pair.value.text),
    ['b` c', '\\'],
  );
});

pairs('LABEL has pairs too', () => {
  const label = one('LABEL', 'LABEL "com.example.a"="b" c=d');
  assert.equal(
    label.pairs.map((pair) => pair.key.text),
    ['"com.example.a"', 'c'],
  );
});

pairs('ranges of names and values', () => {
  const env = one('ENV', 'FROM x\nENV a="b c" d=');
  const places = env.pairs.map((pair) => [place(pair.range), place(pair.key.range), place(pair.value.range)]);
  assert.equal(places, [
    ['2:5-2:12', '2:5-2:6', '2:7-2:12'],
    ['2:13-2:15', '2:13-2:14', '2:15-2:15'],
  ]);
});

pairs('ARG declares several, with and without default', () => {
  const arg = one('ARG', 'ARG a b= c="1 2" d=$a');
  assert.equal(
    arg.args.map((each) => [each.name.text, each.value?.text]),
    [
      ['a', undefined],
      ['b', ''],
      ['c', '"1 2"'],
      ['d', '$a'],
    ],
  );
});

const wrong: [string, string, string][] = [
  ['trap 5: a name alone', 'ENV k', '2:5 ENV requires a name and a value'],
  ['trap 5: a word without = behind a pair', 'ENV a=1 b', '2:9 expected name=value, found "b"'],
  ['nothing', 'ENV', '2:1 ENV requires at least one argument'],
  ['a blank name', 'LABEL =x', '2:7 LABEL names cannot be blank'],
  ['a blank ARG', 'ARG =x', '2:5 ARG names cannot be blank'],
  ['ARG of nothing', 'ARG', '2:1 ARG requires at least one argument'],
  ['no flags', 'ENV --x a=b', '2:5 ENV has no flag --x: it takes no flags'],
];

for (const [name, text, message] of wrong) {
  pairs(name, () => assert.equal(errorsOf(text), [message]));
}

pairs.run();
