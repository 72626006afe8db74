<#
Sets up what is missing, then starts Netloom. The Windows twin of run.sh. What follows goes to `netloom`:

  powershell -ExecutionPolicy Bypass -File installer\run.ps1
  powershell -ExecutionPolicy Bypass -File installer\run.ps1 train projects\digits.json
  powershell -ExecutionPolicy Bypass -File installer\run.ps1 --setup

  NETLOOM_VENV         where the virtual environment lies (default: .venv in the clone)
  NETLOOM_PYTHON       the Python to make it with (default: the newest of 3.11 or newer that is found)
  NETLOOM_TORCH_INDEX  a package index to take PyTorch from, a CPU-only build say
#>
$ErrorActionPreference = 'Stop'
$Root = Split-Path -Parent $PSScriptRoot
$Venv = if ($env:NETLOOM_VENV) { $env:NETLOOM_VENV } else { Join-Path $Root '.venv' }
$Python = Join-Path $Venv 'Scripts\python.exe'
$Netloom = Join-Path $Venv 'Scripts\netloom.exe'
$Stamp = Join-Path $Venv 'netloom-setup'
$env:PIP_DISABLE_PIP_VERSION_CHECK = '1'
$env:PIP_NO_INPUT = '1'

function Stop-With([string]$What, [string[]]$Cures) {
    [Console]::Error.WriteLine("netloom: $What")
    foreach ($line in $Cures) { [Console]::Error.WriteLine("  $line") }
    exit 3
}

# The command of a Python of 3.11 or newer, as an array: the program, then its arguments.
function Find-Python {
    $candidates = @()
    if ($env:NETLOOM_PYTHON) {
        $candidates += , @($env:NETLOOM_PYTHON)
    } else {
        foreach ($version in '3.13', '3.12', '3.11', '3.14') { $candidates += , @('py', "-$version") }
        $candidates += , @('python')
        $candidates += , @('python3')
    }
    foreach ($candidate in $candidates) {
        if (-not (Get-Command $candidate[0] -ErrorAction SilentlyContinue)) { continue }
        $rest = @($candidate | Select-Object -Skip 1)
        try { & $candidate[0] @rest -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>$null } catch { continue }
        if ($LASTEXITCODE -eq 0) { return , $candidate }
    }
    Stop-With 'Python 3.11 or newer is needed and was not found.' @(
        'Install it and start again: winget install Python.Python.3.12',
        'Or name one in NETLOOM_PYTHON.')
}

# What the set-up depends on. A change of any of it makes the next start set up again.
function Get-Fingerprint {
    $text = (Get-Content -Raw (Join-Path $Root 'pyproject.toml')) + (& $Python -V) + "$Root|$Venv|$env:NETLOOM_TORCH_INDEX"
    $hash = [System.Security.Cryptography.SHA256]::Create().ComputeHash([System.Text.Encoding]::UTF8.GetBytes($text))
    return [BitConverter]::ToString($hash)
}

function Install-With([string[]]$Arguments, [string]$What, [string[]]$Cures) {
    & $Python -m pip install @Arguments
    if ($LASTEXITCODE -ne 0) { Stop-With $What $Cures }
}

# Quick when there is nothing to do; the stamp is written last, so a set-up that was cut short is taken up again.
function Set-Up {
    if ((Test-Path $Stamp) -and (Test-Path $Netloom) -and ((Get-Content $Stamp) -eq (Get-Fingerprint))) { return }
    if ((Test-Path $Venv) -and -not (Test-Path (Join-Path $Venv 'pyvenv.cfg')) -and (Get-ChildItem -Force $Venv)) {
        Stop-With "$Venv exists and is not a virtual environment." @('Set NETLOOM_VENV to another folder.')
    }
    if (Test-Path $Stamp) { Remove-Item $Stamp }
    $works = $false
    if (Test-Path $Python) {
        & $Python -m pip --version *> $null
        $works = $LASTEXITCODE -eq 0
    }
    if (-not $works) {
        $found = Find-Python
        $rest = @($found | Select-Object -Skip 1)
        Write-Host "Making a virtual environment in $Venv"
        & $found[0] @rest -m venv --clear $Venv
        if ($LASTEXITCODE -ne 0) {
            Stop-With "The virtual environment in $Venv could not be made." @(
                'Look whether the folder can be written and the disk has room, or set NETLOOM_VENV to another folder.')
        }
    }
    Write-Host 'Installing the packages. PyTorch is large: the first time, count on some minutes and 2 GB of disk.'
    if ($env:NETLOOM_TORCH_INDEX) {
        $torch = @(Select-String -Path (Join-Path $Root 'pyproject.toml') -Pattern '^\s*"(torch(vision)?[^"]*)"' |
            ForEach-Object { $_.Matches[0].Groups[1].Value })
        Install-With (@('--index-url', $env:NETLOOM_TORCH_INDEX) + $torch) `
            'PyTorch could not be installed from the index that NETLOOM_TORCH_INDEX names.' @(
            'Name another index, or unset it to take PyTorch from pip''s ordinary one.')
    }
    Install-With @('--editable', $Root) 'The packages could not be installed.' @(
        'What pip said is above. Start again once it is mended: what is installed already stays.',
        'No room on the disk: set NETLOOM_VENV to a folder on another one.',
        'No way to the package index: set what pip needs for your network, PIP_INDEX_URL or HTTPS_PROXY.')
    Set-Content -Path $Stamp -Value (Get-Fingerprint)
    Write-Host "Netloom is set up in $Venv."
}

Set-Up
if ($args.Count -gt 0 -and $args[0] -eq '--setup') { exit 0 }
& $Netloom @args
exit $LASTEXITCODE
