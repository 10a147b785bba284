#!/usr/bin/env bash
# The same bound, « from 1 March 2020 », on a question that asks for a month. Asked by
# `inputType: month`, survey-core compares the texts « 2020-03 » and « 2020-03-01 »: March itself is
# refused. Asked by a mask, `mm/yyyy`, March is admitted, but the bound holds while typing alone: what is
# set by a program, a draft or a link is never refused, be it February. An author who changes one
# for the other, or checks answers again on a server, changes who may answer.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
npm init -y > package.log
npm install --silent survey-core@3.1.1
cat > bounds.js <<'NODE'
const { readFileSync } = require("fs");
const { Model } = require("survey-core");

function asked(question) {
  const survey = new Model({ elements: [{ type: "text", name: "month", ...question }] });
  return { survey, question: survey.getQuestionByName("month") };
}

function admitted(settings, month) {
  const { survey } = asked(settings);
  survey.setValue("month", month);
  return survey.validate();
}

function typed(settings, text) {
  const mask = asked(settings).question.maskInstance;
  let value = mask.getMaskedValue("");
  let caret = 0;
  for (const insertedChars of text.replace("/", "")) {
    const at = { selectionStart: caret, selectionEnd: caret, inputDirection: "forward" };
    const result = mask.processInput({ insertedChars, prevValue: value, ...at });
    value = result.value;
    caret = result.caretPosition;
  }
  return value;
}

const bound = "2020-03-01";
const input = { inputType: "month", min: bound };
const mask = { maskType: "datetime", maskSettings: { pattern: "mm/yyyy", min: bound } };
const months = ["2020-02", "2020-03", "2020-04"];
const seen = (settings) => months.map((month) => admitted(settings, month)).join(" ");

const { version } = JSON.parse(readFileSync("node_modules/survey-core/package.json", "utf8"));
console.log("survey-core", version);
console.log("February, March, April by inputType:", seen(input));
console.log("February, March, April by a mask:   ", seen(mask));
const keyed = ["02/2020", "03/2020", "04/2020"].map((text) => typed(mask, text)).join(" ");
console.log("the same typed under the mask:      ", keyed);
const same = seen(input) === "false false true" && seen(mask) === "true true true";
if (!same || keyed !== "02/202y 03/2020 04/2020") {
  console.log("the behaviour changed");
  process.exit(1);
}
NODE
node bounds.js
# Seen on 2026-11-29:
#   survey-core 3.1.1
#   February, March, April by inputType: false false true
#   February, March, April by a mask:    true true true
#   the same typed under the mask:       02/202y 03/2020 04/2020
