// Reads the report of Vitest's JSON reporter; its last line is the sum: `N passed, N failed, N skipped`.
// Fails when anything failed, when anything was skipped, and when nothing ran. Further arguments say what may be
// skipped: what is skipped for want of one of them.
import { readFileSync } from 'node:fs'

const [, , report, ...allowed] = process.argv
const { testResults, success } = JSON.parse(readFileSync(report, 'utf8'))
const maySkip = ({ name }) => allowed.some((want) => name.includes(`for want of ${want}`))
const tests = testResults.flatMap(({ name, assertionResults }) =>
  assertionResults.map(({ fullName, status }) => ({ name: `${name}: ${fullName}`, status })),
)
const passed = tests.filter(({ status }) => status === 'passed')
const skipped = tests.filter(
  ({ status }) => status === 'pending' || status === 'skipped' || status === 'todo',
)
// A file that could not be loaded has failed without a test of its own.
const broken = testResults.filter(
  ({ status, assertionResults }) =>
    status === 'failed' && !assertionResults.some((result) => result.status === 'failed'),
)
const failed = tests.filter(({ status }) => status === 'failed').length + broken.length

for (const { name, message } of broken) console.log(`could not be run: ${name}: ${message}`)
for (const { name } of skipped) console.log(`skipped: ${name}`)
if (!success && failed === 0) console.log('the run failed outside of any test')
console.log(`${passed.length} passed, ${failed} failed, ${skipped.length} skipped`)
process.exitCode = success && failed === 0 && skipped.every(maySkip) && passed.length > 0 ? 0 : 1
