import { suite } from 'uvu';
import { testService } from './node-service.ts';
import { EVERYBODY } from './place.ts';

const service = suite('node-service, end to end');

service('as user with one id', async () => {
  if (EVERYBODY.includes('user with one id')) await testService('user with one id');
});

service.run();
