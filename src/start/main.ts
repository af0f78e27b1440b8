#!/usr/bin/env node
import { CodeCache } from './code-cache.ts';
import { Loader } from './loader.ts';

new Loader({ directory: __dirname, cache: CodeCache.ofUser(process.env) }).load('program');
