// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables of build files

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from '../../grammar/index.ts';
import { TsbuildErrors } from '../../src/base/error.ts';
import { renderError } from '../../src/progress/failure.ts';
import { errorsOf, hintsOf } from './parsed.ts';

const errors = suite('syntax errors');

/** What stands behind a FROM in line 1, and every error: `line:column message`. */
const ROWS: [text: string, ...expected: string[]][] = [
  ['RNU x', '2:1 unknown instruction: RNU'],
  ['  RNU x', '2:3 unknown instruction: RNU'],
  ['RUN\u00a0x', '2:1 unknown instruction: RUN\u00a0x'],
  ['\\', '2:1 the line holds an escape character and no instruction'],
  ['RUN', '2:1 RUN requires a command'],
  ['USER \uFEFF'],
  ['RUN a \uFEFF'],
  ['RUN []', '2:1 RUN requires a command'],
  ['RUN --mount=type=cache x', '2:13 a mount of type cache needs a target'],
  ['RUN --moutn=x y', '2:5 RUN has no flag --moutn'],
  ['RUN --network=lo x', '2:15 invalid value "lo" of --network'],
  ['RUN --security=none x', '2:16 invalid value "none" of --security'],
  ['RUN --network=none --network=host x', '2:20 the flag --network is given twice'],
  ['RUN --mount=type=bind,targte=/x y', '2:23 unknown mount option "targte"'],
  ['RUN --mount=from=$x,target=/y z', '2:13 variables are not expanded in the mount option "from"'],
  ['RUN [1]', '2:5 a JSON array must hold strings only'],
  ['RUN a <<E\nb', '2:7 the heredoc E has no end'],
  ['RUN a \\\n  <<E\nb', '3:3 the heredoc E has no end'],
  ['CMD ["a", null]', '2:5 a JSON array must hold strings only'],
  ['CMD --x y', '2:5 CMD has no flag --x: it takes no flags'],
  ['COPY', '2:1 COPY requires at least two arguments: a source and a destination'],
  ['COPY a', '2:1 COPY requires at least two arguments: a source and a destination'],
  ['COPY ["a"]', '2:1 COPY requires at least two arguments: a source and a destination'],
  ['COPY --form=x a b', '2:6 COPY has no flag --form'],
  ['COPY --from a b', '2:6 the flag --from needs a value'],
  ['COPY --link=1 a b', '2:6 the flag --link takes true or false, not "1"'],
  ['COPY --from=${x} a b', '2:13 variables are not expanded in --from'],
  ['COPY a \\\n  --x \\\n  <<E\nE', '4:3 COPY cannot have a heredoc as its destination'],
  ['ADD --chekcsum=x a b', '2:5 ADD has no flag --chekcsum'],
  ['ENV', '2:1 ENV requires at least one argument'],
  ['ENV a', '2:5 ENV requires a name and a value'],
  ['ENV a=1 b', '2:9 expected name=value, found "b"'],
  ['ENV a=1 \\\n    b \\\n    c=2', '3:5 expected name=value, found "b"'],
  ['ENV =1', '2:5 ENV names cannot be blank'],
  ['LABEL ""=1 =2', '2:12 LABEL names cannot be blank'],
  ['ARG', '2:1 ARG requires at least one argument'],
  ['ARG =1', '2:5 ARG names cannot be blank'],
  ['FROM', '2:1 FROM requires either one or three arguments'],
  ['FROM a b', '2:1 FROM requires either one or three arguments'],
  ['FROM a of b', '2:8 expected AS, found "of"'],
  ['FROM a AS 9', '2:11 invalid name of a build stage: "9"'],
  ['FROM --platfrom=x a', '2:6 FROM has no flag --platfrom'],
  ['WORKDIR', '2:1 WORKDIR requires exactly one argument'],
  ['USER', '2:1 USER requires exactly one argument'],
  ['STOPSIGNAL', '2:1 STOPSIGNAL requires exactly one argument'],
  ['SHELL bash -c', '2:7 SHELL requires its arguments in JSON form'],
  ['SHELL []', '2:1 SHELL requires at least one argument'],
  ['EXPOSE', '2:1 EXPOSE requires at least one argument'],
  ['VOLUME ["/a", ""]', '2:15 the path of a VOLUME cannot be empty'],
  ['HEALTHCHECK', '2:1 HEALTHCHECK requires CMD or NONE'],
  ['HEALTHCHECK curl', '2:13 unknown type "curl" of HEALTHCHECK'],
  ['HEALTHCHECK CMD', '2:13 a command is missing after HEALTHCHECK CMD'],
  ['HEALTHCHECK --timeout=1 CMD x', '2:23 invalid duration "1" of --timeout'],
  ['HEALTHCHECK --retries=x CMD y', '2:23 --retries must be a whole number: "x"'],
  ['ONBUILD', '2:1 ONBUILD requires an instruction'],
  ['ONBUILD FROM x', '2:9 FROM is not allowed in ONBUILD'],
  ['ONBUILD COPY --y a b', '2:14 COPY has no flag --y'],
  [
    'RNU x\nCOPY a\nENV b',
    '2:1 unknown instruction: RNU',
    '3:1 COPY requires at least two arguments: a source and a destination',
    '4:5 ENV requires a name and a value',
  ],
  [
    'RUN --a --b=1 c\n# between\n\nUSER',
    '2:5 RUN has no flag --a',
    '2:9 RUN has no flag --b',
    '5:1 USER requires exactly one argument',
  ],
  ['RUN <<E\nRNU\nE\nRNU', '5:1 unknown instruction: RNU'],
];

for (const [text, ...expected] of ROWS) {
  errors(JSON.stringify(text), () => assert.equal(errorsOf(text), expected));
}

const SUGGESTIONS: [string, string][] = [
  ['RNU x', 'did you mean RUN?'],
  ['entrypiont ["a"]', 'did you mean ENTRYPOINT?'],
  ['RUN --moutn=x y', 'did you mean --mount?'],
  ['COPY --form=x a b', 'did you mean --from?'],
  ['RUN --mount=type=bind,targte=/x y', 'did you mean target?'],
];

for (const [text, hint] of SUGGESTIONS) {
  errors(`${text}: ${hint}`, () => assert.equal(hintsOf(text), [hint]));
}

errors('every error has a code frame and its hint', () => {
  const text = 'FROM a\nCOPPY x y\nRUN --moutn=z w\n';
  const shown = renderError(new TsbuildErrors(parse({ name: 'Dockerfile', text }).errors), {
    color: false,
    columns: 80,
  });
  assert.match(shown, 'Dockerfile:2\n');
  assert.match(shown, 'Dockerfile:3\n');
  assert.match(shown, /\^{5}/);
  assert.match(shown, /\^{9}/);
  assert.match(shown, 'did you mean COPY?');
  assert.match(shown, 'did you mean --mount?');
});

errors.run();
