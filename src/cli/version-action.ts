import { arch, platform, release } from 'node:os';
import packageJson from '../../package.json' with { type: 'json' };

export function versionAction({ json }: { json?: boolean | undefined }): number {
  const version = {
    tsbuild: packageJson.version,
    node: process.versions.node,
    platform: `${platform()}/${arch()}`,
    kernel: release(),
  };
  const lines = Object.entries(version).map(([name, value]) => `${name.padEnd(9)}${value}`);
  process.stdout.write(json ? `${JSON.stringify(version)}\n` : `${lines.join('\n')}\n`);
  return 0;
}
