import { affectedCommand } from './affected.ts';
import { bakeCommand } from './bake.ts';
import { benchCommand } from './bench.ts';
import { buildCommand } from './build.ts';
import { buildsCommand } from './builds.ts';
import { completionCommand } from './completion.ts';
import { configCommand } from './config.ts';
import { containerCommands } from './containers.ts';
import { contextCommand } from './context.ts';
import { debugCommand } from './debug.ts';
import { diskCommands } from './disk.ts';
import { doctorCommand } from './doctor.ts';
import { explainCommand } from './explain.ts';
import { graphCommand } from './graph.ts';
import { imageCommands } from './images.ts';
import { lockCommand } from './lock.ts';
import { loginCommands } from './login.ts';
import { parseCommand } from './parse.ts';
import { reportCommand } from './report.ts';
import { transferCommands } from './transfer.ts';
import { verifyCommand } from './verify.ts';
import { versionCommand } from './version.ts';

/** Every command but those that run others', whose command lines are read differently. */
export const COMMANDS = [
  buildCommand,
  bakeCommand,
  affectedCommand,
  contextCommand,
  graphCommand,
  explainCommand,
  debugCommand,
  buildsCommand,
  reportCommand,
  benchCommand,
  ...imageCommands,
  ...transferCommands,
  ...loginCommands,
  ...containerCommands,
  ...diskCommands,
  doctorCommand,
  configCommand,
  lockCommand,
  verifyCommand,
  completionCommand,
  parseCommand,
  versionCommand,
];
