import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
/** Go's HCL 2.10 (2021) compiled to JavaScript: slow and mute, but the original. */
import hcl2 from 'hcl2-parser'
import { describe, expect, test } from 'vitest'
import { Diagnostics, Source } from '../../src/diags/index.ts'
import { type NativeBody, parseHcl } from '../../src/hcl/index.ts'
import { conformanceDir, haveConformance } from '../support/vectors.ts'

/** Names of arguments, types and labels of blocks, nested as that parser gives them. Values are left out. */
type Shape = { [name: string]: Shape | Shape[] | null }

function shapeOf(body: NativeBody): Shape {
  const shape: Shape = {}
  for (const name of body.attributes.keys()) shape[name] = null
  for (const block of body.blocks) {
    let at = shape
    let key = block.type
    for (const label of block.labels) {
      at[key] ??= {}
      at = at[key] as Shape
      key = label
    }
    at[key] ??= []
    ;(at[key] as Shape[]).push(shapeOf(block.body))
  }
  return shape
}

/** Takes from the other's answer what the shape speaks of: an argument's value can look like anything. */
function sameShape(shape: Shape | Shape[] | null, other: unknown): boolean {
  if (shape === null) return true
  if (Array.isArray(shape)) return Array.isArray(other) && other.length === shape.length && shape.every((s, i) => sameShape(s, other[i]))
  if (typeof other !== 'object' || other === null) return false
  const keys = Object.keys(shape)
  return (
    keys.length === Object.keys(other).length &&
    keys.every((k) => k in other && sameShape(shape[k]!, (other as Record<string, unknown>)[k]))
  )
}

/** What the old parser does not know or loses. */
const newer = /(provider|core)::/

describe.skipIf(!haveConformance)('agreement with hcl2-parser', () => {
  const files = haveConformance
    ? readdirSync(conformanceDir, { recursive: true, withFileTypes: true })
        .filter((f) => f.isFile() && /\.(tf|hcl|tfvars)$/.test(f.name))
        .map((f) => join(f.parentPath, f.name))
        .sort()
    : []

  test('accepts and rejects the same files and finds the same names in them', { timeout: 120_000 }, () => {
    const differences: string[] = []
    let compared = 0
    for (const file of files) {
      const text = readFileSync(file, 'utf8')
      if (newer.test(text)) continue
      compared++
      const diags = new Diagnostics()
      const { body } = parseHcl(new Source(file, text), diags)
      const [theirs] = hcl2.parseToObject(text) as [unknown]
      const name = relative(conformanceDir, file)
      if ((theirs !== null) === diags.hasErrors) differences.push(`${name}: ${diags.items[0]?.summary ?? 'accepted here'}`)
      else if (theirs !== null && !sameShape(shapeOf(body), theirs)) differences.push(`${name}: shape`)
    }
    expect(compared).toBeGreaterThan(300)
    expect(differences).toEqual([])
  })
})
