import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { flagNames, instructionNames } from '../../grammar/index.ts';
import { errorsOf, hintsOf, instructionsOf, one, place, texts } from './parsed.ts';

const instructions = suite('instructions');

instructions('FROM', () => {
  const from = one('FROM', 'FROM --platform=$BUILDPLATFORM img:$TAG@x as Build-1.x_y');
  assert.is(from.platform?.text, '$BUILDPLATFORM');
  assert.is(from.image.text, 'img:$TAG@x');
  assert.is(from.as?.text, 'as');
  assert.is(from.name?.text, 'Build-1.x_y');
  assert.is(place(from.name?.range), '1:46-1:57');
});

instructions('the case of a keyword does not count, and is kept', () => {
  assert.is(one('USER', 'uSeR x').keyword.text, 'uSeR');
});

instructions('COPY', () => {
  const copy = one(
    'COPY',
    'COPY --from=b --chown=$u:g --chmod=u+x --link --parents --exclude=*.md --exclude=x a b* "c" /d/',
  );
  assert.is(copy.from?.text, 'b');
  assert.is(copy.chown?.text, '$u:g');
  assert.is(copy.chmod?.text, 'u+x');
  assert.is(copy.link, true);
  assert.is(copy.parents, true);
  assert.equal(texts(copy.exclude), ['*.md', 'x']);
  assert.equal(
    copy.sources.map((source) => source.kind === 'path' && source.word.text),
    ['a', 'b*', '"c"'],
  );
  assert.is(copy.destination.text, '/d/');
});

instructions('COPY in JSON form', () => {
  const copy = one('COPY', 'COPY --link=false ["a b", "c"]');
  assert.is(copy.link, false);
  assert.is(copy.destination.text, 'c');
  assert.equal(
    copy.sources.map((source) => source.kind === 'path' && source.word.text),
    ['a b'],
  );
});

instructions('trap 43: unpack and keep-git-dir of ADD are three-valued', () => {
  const bare = one('ADD', 'ADD a b');
  assert.equal([bare.unpack, bare.keepGitDir, bare.checksum], [undefined, undefined, undefined]);
  const flagged = one('ADD', 'ADD --unpack=false --keep-git-dir --checksum=sha256:$x a b');
  assert.equal([flagged.unpack, flagged.keepGitDir, flagged.checksum?.text], [false, true, 'sha256:$x']);
});

instructions('flag values lose their quotes', () => {
  assert.is(one('COPY', 'COPY --chown="a b":c\\ d x y').chown?.text, 'a b:c d');
  assert.is(one('COPY', "COPY '--chown=a' x y").sources.length, 2);
});

instructions('EXPOSE and VOLUME', () => {
  assert.equal(texts(one('EXPOSE', 'EXPOSE 80 8000-8002/UDP $p').ports), ['80', '8000-8002/UDP', '$p']);
  assert.equal(texts(one('VOLUME', 'VOLUME /a $b').paths), ['/a', '$b']);
  assert.equal(texts(one('VOLUME', 'VOLUME ["/a b"]').paths), ['/a b']);
});

instructions('instructions of one word take the whole line', () => {
  assert.is(one('WORKDIR', 'WORKDIR  /a b ').word.text, '/a b');
  assert.is(one('USER', 'USER a:b').word.text, 'a:b');
  assert.is(one('STOPSIGNAL', 'STOPSIGNAL $s').word.text, '$s');
  assert.is(one('MAINTAINER', 'MAINTAINER A <a@b>').word.text, 'A <a@b>');
});

instructions('trap 56: HEALTHCHECK', () => {
  const check = one(
    'HEALTHCHECK',
    'HEALTHCHECK --interval=1m30s --timeout=1.5s --start-period=0 --start-interval=1ms --retries=3 CMD a "b"',
  );
  assert.equal(check.command?.form === 'shell' && check.command.command.text, 'a "b"');
  assert.equal(
    [check.interval, check.timeout, check.startPeriod, check.startInterval, check.retries],
    [90e9, 1.5e9, 0, 1e6, 3],
  );
  const exec = one('HEALTHCHECK', 'HEALTHCHECK cmd ["a", "--b"]').command;
  assert.equal(exec?.form === 'exec' && texts(exec.args), ['a', '--b']);
  assert.is(one('HEALTHCHECK', 'HEALTHCHECK none').command, undefined);
  assert.is(one('HEALTHCHECK', 'HEALTHCHECK NONE').interval, undefined);
});

const wrong: [string, string, string][] = [
  ['trap 19: a stage name with a digit first', 'FROM a AS 1x', '2:11 invalid name of a build stage: "1x"'],
  ['trap 19: a stage name with a slash', 'FROM a AS x/y', '2:11 invalid name of a build stage: "x/y"'],
  ['FROM of nothing', 'FROM', '2:1 FROM requires either one or three arguments'],
  ['FROM of two', 'FROM a b', '2:1 FROM requires either one or three arguments'],
  ['FROM without AS', 'FROM a is b', '2:8 expected AS, found "is"'],
  ['trap 20: a variable in --from', 'COPY --from=$x a b', '2:13 variables are not expanded in --from'],
  ['a source without destination', 'COPY a', '2:1 COPY requires at least two arguments: a source and a destination'],
  ['ADD of nothing', 'ADD', '2:1 ADD requires at least two arguments: a source and a destination'],
  ['EXPOSE of nothing', 'EXPOSE', '2:1 EXPOSE requires at least one argument'],
  ['VOLUME of an empty string', 'VOLUME ["/a", " "]', '2:15 the path of a VOLUME cannot be empty'],
  ['VOLUME of nothing', 'VOLUME []', '2:1 VOLUME requires at least one argument'],
  ['WORKDIR of nothing', 'WORKDIR', '2:1 WORKDIR requires exactly one argument'],
  ['trap 56: below a millisecond', 'HEALTHCHECK --interval=1us CMD x', '2:24 --interval cannot be less than 1ms'],
  ['trap 56: negative', 'HEALTHCHECK --timeout=-1s CMD x', '2:23 --timeout cannot be less than 1ms'],
  ['no duration', 'HEALTHCHECK --timeout=1 CMD x', '2:23 invalid duration "1" of --timeout'],
  ['negative retries', 'HEALTHCHECK --retries=-1 CMD x', '2:23 --retries cannot be negative: "-1"'],
  ['HEALTHCHECK of nothing', 'HEALTHCHECK', '2:1 HEALTHCHECK requires CMD or NONE'],
  ['HEALTHCHECK without CMD', 'HEALTHCHECK curl x', '2:13 unknown type "curl" of HEALTHCHECK'],
  ['CMD of nothing', 'HEALTHCHECK CMD', '2:13 a command is missing after HEALTHCHECK CMD'],
  ['NONE of something', 'HEALTHCHECK NONE x', '2:13 HEALTHCHECK NONE takes no arguments'],
  ['a flag twice', 'COPY --from=a --from=b x y', '2:15 the flag --from is given twice'],
  ['a boolean twice', 'COPY --link --link x y', '2:13 the flag --link is given twice'],
  ['a flag without value', 'COPY --from x y', '2:6 the flag --from needs a value'],
  ['a boolean that is none', 'COPY --link=yes x y', '2:6 the flag --link takes true or false, not "yes"'],
  ['a boolean without value', 'COPY --link= x y', '2:6 the flag --link takes true or false, not ""'],
];

for (const [name, text, message] of wrong) {
  instructions(name, () => assert.equal(errorsOf(text), [message]));
}

const hints: [string, string][] = [
  ['RNU x', 'did you mean RUN?'],
  ['COPPY a b', 'did you mean COPY?'],
  ['COPY --form=x a b', 'did you mean --from?'],
  ['COPY --nonsense a b', 'known flags are --from, --chown, --chmod, --link, --parents, --exclude'],
  ['ENV --x=1 a=b', 'write `ENV -- --x` where it is no flag'],
];

for (const [text, hint] of hints) {
  instructions(`hint of ${text}`, () => assert.equal(hintsOf(text), [hint]));
}

instructions('several errors come in one run, in the order of the file', () => {
  const found = errorsOf('RNU x\nCOPY --a --b c\nENV x\nRUN <<E\nnever');
  assert.equal(found, [
    '2:1 unknown instruction: RNU',
    '3:1 COPY requires at least two arguments: a source and a destination',
    '3:6 COPY has no flag --a',
    '3:10 COPY has no flag --b',
    '4:5 ENV requires a name and a value',
    '5:5 the heredoc E has no end',
  ]);
});

instructions('an instruction with an error is left out, the others are there', () => {
  assert.equal(
    instructionsOf('FROM a\nRUN b').map((instruction) => instruction.kind),
    ['FROM', 'RUN'],
  );
});

instructions('names', () => {
  assert.is(instructionNames.length, 18);
  assert.ok(flagNames('RUN').includes('mount'));
  assert.equal(flagNames('ENV'), []);
});

instructions.run();
