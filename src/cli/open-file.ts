import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { TsbuildError } from '../base/error.ts';
import { findProgram } from '../base/find-program.ts';

/** What desktops have for it, after what the user names. */
const OPENERS = ['xdg-open', 'gio', 'wslview', 'sensible-browser'];

/** Shows a file in the user's browser, and does not wait until it is closed. */
export async function openFile(path: string): Promise<void> {
  const wanted = [process.env.BROWSER ?? '', ...OPENERS].filter((name) => name !== '');
  const opener = wanted.map((name) => ({ name, program: findProgram(name) })).find(({ program }) => program);
  if (opener?.program === undefined) {
    throw new TsbuildError('NOT_FOUND', 'there is no program here that opens a page', {
      hint: `open ${path} in a browser, or name one in $BROWSER`,
    });
  }
  const args = opener.name === 'gio' ? ['open', resolve(path)] : [resolve(path)];
  const child = spawn(opener.program, args, { detached: true, stdio: 'ignore' });
  await new Promise<void>((done, fail) => {
    child.once('error', fail);
    child.once('spawn', done);
  });
  child.unref();
}
