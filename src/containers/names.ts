import { randomBytes, randomInt } from 'node:crypto';

const QUALITIES = (
  'able bold brisk calm clear deft early eager even fair fleet fond glad keen kind light lively loyal lucid mellow ' +
  'merry mild neat nimble patient plain polite proud quick quiet ready royal sharp silent smart snug solid steady ' +
  'still sunny swift tidy true vivid warm wise witty young'
).split(' ');
const THINGS = (
  'acorn anchor anvil badger beacon birch bridge cedar comet coral crane delta ember falcon fern finch garnet glacier ' +
  'harbor heron island juniper kestrel lantern lark linden maple marble meadow meteor otter pebble pine quartz raven ' +
  'reef river sparrow spruce summit thistle tiger tulip valley walnut willow wren zephyr'
).split(' ');

/** Names to call a container by that has none; after some tries with a number, so that there is always one more. */
export function* randomNames(): Generator<string> {
  for (let tries = 0; ; tries++) {
    const name = `${QUALITIES[randomInt(QUALITIES.length)]}_${THINGS[randomInt(THINGS.length)]}`;
    yield tries < 10 ? name : `${name}${randomInt(10_000)}`;
  }
}

/** 64 hexadecimal digits. */
export function newContainerId(): string {
  return randomBytes(32).toString('hex');
}
