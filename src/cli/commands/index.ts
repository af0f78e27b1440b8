import { bakeCommand } from './bake.ts';
import { buildCommand } from './build.ts';
import { diskCommands } from './disk.ts';
import { doctorCommand } from './doctor.ts';
import { imageCommands } from './images.ts';
import { loginCommands } from './login.ts';
import { parseCommand } from './parse.ts';
import { transferCommands } from './transfer.ts';
import { versionCommand } from './version.ts';

/** Every command but `run`, whose command line is read differently. */
export const COMMANDS = [
  buildCommand,
  bakeCommand,
  ...imageCommands,
  ...transferCommands,
  ...loginCommands,
  ...diskCommands,
  doctorCommand,
  parseCommand,
  versionCommand,
];
