/** Uses the launcher from a directory and says where it was found to run: `node launcher-script.mjs DIRECTORY FIFO`. */
import { configureLauncher, makeNodes } from '../../runner/syscall/index.ts';
import { launcherPath } from '../../runner/syscall/launcher.ts';

const [directory = '', path = ''] = process.argv.slice(2);
configureLauncher({ directory });
try {
  const [outcome] = await makeNodes([{ path, type: 'fifo', mode: 0o600, major: 0, minor: 0 }]);
  console.log(outcome ?? launcherPath());
} catch (error) {
  const { code, hint } = error as { code?: string; hint?: string };
  console.log(code, hint);
}
