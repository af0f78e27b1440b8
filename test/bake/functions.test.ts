import { constants, createHash, generateKeyPairSync, publicEncrypt } from 'node:crypto';
import { homedir } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseHcl } from '../../grammar/hcl/index.ts';
import { evaluateFiles } from '../../src/bake/file/blocks.ts';
import { bcrypt } from '../../src/bake/functions/bcrypt.ts';
import { encodeJson } from '../../src/bake/functions/encoding.ts';
import { STANDARD_FUNCTIONS } from '../../src/bake/functions/index.ts';
import type { Value } from '../../src/bake/value/value.ts';
import { TsbuildError } from '../../src/base/error.ts';

const test = suite('bake: standard functions');

/** An expression, and its value as JSON. */
const VALUES: readonly (readonly [string, unknown])[] = [
  ['absolute(-2.5)', 2.5],
  ['add(1, "2")', 3],
  ['and(true, false)', false],
  ['base64decode("aMOp")', 'hé'],
  ['base64encode("hé")', 'aMOp'],
  ['basename("/a/b.txt")', 'b.txt'],
  ['basename("")', '.'],
  ['can(1 + "x")', false],
  ['can(1)', true],
  ['ceil(1.2)', 2],
  ['ceil(-1.2)', -1],
  ['chomp("a\\n\\r\\n")', 'a'],
  ['chunklist([1, 2, 3], 2)', [[1, 2], [3]]],
  ['cidrhost("10.0.0.0/8", 5)', '10.0.0.5'],
  ['cidrhost("10.0.0.0/24", -1)', '10.0.0.255'],
  ['cidrhost("2001:db8::/64", 16)', '2001:db8::10'],
  ['cidrnetmask("172.16.0.0/12")', '255.240.0.0'],
  ['cidrsubnet("172.16.0.0/12", 4, 2)', '172.18.0.0/16'],
  ['cidrsubnet("fd00::/48", 16, 1)', 'fd00:0:0:1::/64'],
  ['cidrsubnets("10.1.0.0/16", 4, 4, 8)', ['10.1.0.0/20', '10.1.16.0/20', '10.1.32.0/24']],
  ['coalesce(null, "a", "b")', 'a'],
  ['coalescelist([], [1])', [1]],
  ['compact(["", "a", ""])', ['a']],
  ['concat([1], ["b"])', [1, 'b']],
  ['contains(["a"], "a")', true],
  ['convert(["1"], list(number))', [1]],
  ['csvdecode("a,b\\n1,\\"x,y\\"\\n")', [{ a: '1', b: 'x,y' }]],
  ['dirname("/a/b.txt")', '/a'],
  ['dirname("b")', '.'],
  ['distinct([1, 2, 1])', [1, 2]],
  ['divide(1, 4)', 0.25],
  ['element(["a", "b"], 3)', 'b'],
  ['equal("a", "a")', true],
  ['flatten([1, [2, [3]]])', [1, 2, 3]],
  ['floor(-1.2)', -2],
  ['format("%s %d %05.1f %q %t %v %%", "a", 1, 2.25, "b", true, [1])', 'a 1 002.3 "b" true [1] %'],
  ['format("%[2]s-%[1]s", "a", "b")', 'b-a'],
  [
    'format("%x %X %b %o %+d %-4s|%4s %e", 255, 255, 5, 8, 3, "l", "r", 1500)',
    'ff FF 101 10 +3 l   |   r 1.500000e+03',
  ],
  [
    'formatdate("YYYY-MM-DD\'T\'hh:mm:ssZ EEEE H AA", "2024-02-03T16:05:06+01:00")',
    '2024-02-03T16:05:06+01:00 Saturday 4 PM',
  ],
  ['formatlist("%s=%d", ["a", "b"], [1, 2])', ['a=1', 'b=2']],
  ['greaterthan(2, 1)', true],
  ['greaterthanorequalto(1, 1)', true],
  ['hasindex(["a"], 1)', false],
  ['homedir()', homedir()],
  ['indent(2, "a\\nb")', 'a\n  b'],
  ['index({ a = 1 }, "a")', 1],
  ['indexof(["a", "b"], "b")', 1],
  ['int(-1.9)', -1],
  ['join("-", ["a"], ["b", "c"])', 'a-b-c'],
  ['jsondecode("{\\"a\\": [1, null, true]}")', { a: [1, null, true] }],
  ['jsonencode({ b = "<", a = [1.5, null] })', '{"a":[1.5,null],"b":"\\u003c"}'],
  ['keys({ b = 1, a = 2 })', ['a', 'b']],
  ['length([1, 2])', 2],
  ['lessthan(2, 1)', false],
  ['lessthanorequalto(1, 1)', true],
  ['log(100, 10)', 2],
  ['lookup({ a = 1 }, "b", 3)', 3],
  ['lower("ÀB")', 'àb'],
  ['max(1, 3, 2)', 3],
  ['md5("")', createHash('md5').digest('hex')],
  ['merge({ a = 1 }, { a = 2, b = 3 })', { a: 2, b: 3 }],
  ['min(3, 1, 2)', 1],
  ['modulo(-7, 3)', -1],
  ['multiply(3, 4)', 12],
  ['negate(3)', -3],
  ['not(true)', false],
  ['notequal(1, 2)', true],
  ['or(false, true)', true],
  ['parseint("ff", 16)', 255],
  ['parseint("-101", 2)', -5],
  ['pow(2, 10)', 1024],
  ['range(3)', [0, 1, 2]],
  ['range(1, 6, 2)', [1, 3, 5]],
  ['range(2, 0)', [2, 1]],
  ['regex("[a-z]+", "12ab3")', 'ab'],
  ['regex("(\\\\d)(x)?", "a1")', ['1', null]],
  ['regex("(?P<n>\\\\d+)", "a12")', { n: '12' }],
  ['regex_replace("a1b2", "([a-z])(\\\\d)", "$2$${1}")', '1a2b'],
  ['regexall("\\\\d", "a1b2")', ['1', '2']],
  ['replace("a.b.c", ".", "$&")', 'a$&b$&c'],
  ['reverse("aé👩‍👧")', '👩‍👧éa'],
  ['reverselist([1, 2])', [2, 1]],
  ['rfc3339parse("2024-12-30T23:04:05Z").iso_week', 1],
  ['sanitize("a.b/c-d_é")', 'a_b_c-d__'],
  ['semvercmp("1.2.3", ">= 1.2, < 2")', true],
  ['semvercmp("1.3.0", "~1.2")', false],
  ['semvercmp("0.2.9", "^0.2.3 || 5.x")', true],
  ['semvercmp("2.0.0-rc.1", ">1")', false],
  ['sethaselement(["a"], "a")', true],
  ['setintersection([1, 2], [2, 3])', [2]],
  [
    'setproduct(["a", "b"], [1, 2])',
    [
      ['a', 1],
      ['a', 2],
      ['b', 1],
      ['b', 2],
    ],
  ],
  ['setsubtract([1, 2], [2])', [1]],
  ['setsymmetricdifference([1, 2], [2, 3])', [1, 3]],
  ['setunion([2], [1, 2])', [1, 2]],
  ['sha1("a")', createHash('sha1').update('a').digest('hex')],
  ['sha256("a")', createHash('sha256').update('a').digest('hex')],
  ['sha512("a")', createHash('sha512').update('a').digest('hex')],
  ['signum(-3)', -1],
  ['slice(["a", "b", "c"], 1, 3)', ['b', 'c']],
  ['sort(["b", "B", "a"])', ['B', 'a', 'b']],
  ['split(",", "a,,b")', ['a', '', 'b']],
  ['strlen("👩‍👧é")', 2],
  ['substr("héllo", 1, 3)', 'éll'],
  ['substr("hello", -3, -1)', 'llo'],
  ['subtract(0.3, 0.1)', 0.2],
  ['timeadd("2024-01-01T00:00:00Z", "1h30m")', '2024-01-01T01:30:00Z'],
  ['can(formatdate("YYYY", timestamp()))', true],
  ['title("hello big-world")', 'Hello Big-World'],
  ['trim("xxaxx", "x")', 'a'],
  ['trimprefix("a-b", "a-")', 'b'],
  ['trimspace("  a ")', 'a'],
  ['trimsuffix("a-b", "-b")', 'a'],
  ['try(1 + "x", "ok")', 'ok'],
  ['unixtimestampparse(0).weekday_name', 'Thursday'],
  ['upper("ß a")', 'SS A'],
  ['urlencode("a b&c/é~")', 'a+b%26c%2F%C3%A9~'],
  ['can(regex("^[0-9a-f-]{36}$", uuidv4()))', true],
  ['uuidv5("dns", "www.example.com")', '2ed6657d-e927-568b-95e1-2665a8aea6a2'],
  ['values({ b = 1, a = 2 })', [2, 1]],
  ['zipmap(["a", "b"], [1, 2])', { a: 1, b: 2 }],
];

/** An expression that has no value, and what is said of it. */
const REFUSALS: readonly (readonly [string, RegExp])[] = [
  ['add(1, "x")', /add: the argument "b": a number is required, not "x"/],
  ['add(1)', /takes 2 arguments, not 1/],
  ['upper(null)', /the argument "str" is null/],
  ['base64decode("?")', /not base64/],
  ['byteslen("a")', /takes a buffer of bytes/],
  ['bytesslice("a", 0, 1)', /takes a buffer of bytes/],
  ['bcrypt("a", 99)', /the cost must be 4 to 16/],
  ['rsadecrypt("AAAA", "no key")', /no RSA key/],
  ['divide(1, 0)', /division by zero/],
  ['element([], 0)', /empty list/],
  ['format("%d")', /not enough arguments/],
  ['format("%z", 1)', /no verb/],
  ['regex("x", "a")', /does not match/],
  ['regex("(", "a")', /no regular expression/],
  ['parseint("z", 10)', /no whole number in base 10/],
  ['range(0, 5000)', /more than 1024/],
  ['index(["a"], 1)', /there is no element 1: the tuple has 1/],
  ['cidrhost("10.0.0.0/33", 1)', /no network/],
  ['cidrhost("10.0.0.0/30", 4)', /has no host 4/],
  ['zipmap(["a"], [])', /1 keys do not go with 0 values/],
  ['1e99999', /too large/],
  ['upperr("a")', /there is no function upperr/],
];

function evaluated(expression: string): Value {
  const { body, errors } = parseHcl({ name: 'expression.hcl', text: `x = ${expression}\n` });
  const [error] = errors;
  if (error !== undefined) throw error;
  const environment = { env: {}, vars: new Map(), builtins: new Map() };
  const { globals } = evaluateFiles([body], environment, { groups: [], targets: [] });
  return globals.variable('x', body.at) as Value;
}

for (const [expression, expected] of VALUES) {
  test(expression, () => assert.equal(JSON.parse(encodeJson(evaluated(expression))), expected));
}

for (const [expression, message] of REFUSALS) {
  test(`refused: ${expression}`, () => {
    assert.throws(
      () => evaluated(expression),
      (error: unknown) =>
        error instanceof TsbuildError && message.test(error.message) && error.location?.start.line === 1,
    );
  });
}

test('bcrypt: the known answer of the first implementation', () => {
  const salt = Buffer.from('144b3d691a7b4ecf39cf735c7fa7a79c', 'hex');
  assert.is(bcrypt('', 6, salt), '$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.');
  assert.match(String(evaluated('bcrypt("a", 4)')), /^\$2a\$04\$.{53}$/);
});

test('rsadecrypt: what openssl encrypted', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const key = privateKey.export({ type: 'pkcs1', format: 'pem' });
  const text = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.from('geheim'));
  assert.is(evaluated(`rsadecrypt("${text.toString('base64')}", ${JSON.stringify(key)})`), 'geheim');
});

test('every function has a row', () => {
  const rows = [...VALUES, ...REFUSALS].map(([expression]) => expression).join(' ');
  const missing = Object.keys(STANDARD_FUNCTIONS).filter((name) => !rows.includes(`${name}(`));
  assert.equal(missing, []);
});

test.run();
