# Every gate, for PowerShell: scripts/gates.ps1 [--only NAME] [--fast]
$python = if (Get-Command py -ErrorAction SilentlyContinue) { "py" } else { "python3" }
& $python (Join-Path $PSScriptRoot "gates.py") @args
exit $LASTEXITCODE
