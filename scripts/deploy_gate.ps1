# Before and after a deployment, on its machine and with its environment: production settings without a
# warning, and figures without an open issue. Elsewhere, run the two commands below by hand.
$root = Split-Path -Parent $PSScriptRoot
$windows = Join-Path $root ".venv/Scripts/python.exe"
$python = if (Test-Path $windows) { $windows } else { Join-Path $root ".venv/bin/python" }
$manage = Join-Path $root "manage.py"
$env:DJANGO_SETTINGS_MODULE = "purelaka.settings_prod"

& $python $manage check --deploy --fail-level WARNING
if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
& $python $manage run_checks --fail-on-issues
exit $LASTEXITCODE
