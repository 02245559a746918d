// The provider `test` as the tests' own process has it: see test/support/in-process.ts.
export default globalThis[Symbol.for('landform.tests.providers')].test
