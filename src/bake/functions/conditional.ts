import { TsbuildError } from '../../base/error.ts';
import type { BakeFunction } from '../evaluate/scope.ts';
import { Refusal } from '../fail.ts';
import { convert } from '../value/convert.ts';
import { readType } from '../value/type-expression.ts';
import type { Functions } from './signature.ts';

/** The value of the first argument that has one. */
const tryFunction: BakeFunction = {
  lazy: true,
  call: (args, scope, evaluate) => {
    const failures: string[] = [];
    for (const arg of args) {
      try {
        return evaluate(arg, scope);
      } catch (error) {
        if (!(error instanceof TsbuildError)) throw error;
        failures.push(error.message);
      }
    }
    throw new Refusal(
      args.length === 0 ? 'takes at least 1 argument' : `no argument has a value: ${failures.join('; ')}`,
    );
  },
};

const can: BakeFunction = {
  lazy: true,
  call: (args, scope, evaluate) => {
    const [only] = args;
    if (only === undefined || args.length > 1) throw new Refusal('takes 1 argument');
    try {
      evaluate(only, scope);
      return true;
    } catch (error) {
      if (error instanceof TsbuildError) return false;
      throw error;
    }
  },
};

/** `convert(value, type)`, where the second argument is a type as in `type = …`. */
const convertFunction: BakeFunction = {
  lazy: true,
  call: (args, scope, evaluate) => {
    const [value, type] = args;
    if (value === undefined || type === undefined || args.length > 2) throw new Refusal('takes a value and a type');
    return convert(evaluate(value, scope), readType(type));
  },
};

export const CONDITIONAL: Functions = { can, convert: convertFunction, try: tryFunction };
