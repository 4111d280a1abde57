# Installs mcp-client from @ORIGIN@ and connects this machine's MCP hosts to it:
#
#   irm @ORIGIN@/install.ps1 | iex
#
# No administrator, no Node, no Go. What it does: download the build for this
# machine, check its SHA-256, put it into the user's programs, run "mcp-client install".
#
#   $env:PIERRE_INSTALL_DIR   another folder than %LOCALAPPDATA%\Programs\Pierre
#   $env:PIERRE_NO_SETUP=1    only install the program
#   $env:PIERRE_AUTH_KEY      the key, instead of being asked for it
& {
    $ErrorActionPreference = 'Stop'
    $ProgressPreference = 'SilentlyContinue' # the progress bar slows the download down
    $origin = '@ORIGIN@'

    $machine = if ($env:PROCESSOR_ARCHITEW6432) { $env:PROCESSOR_ARCHITEW6432 } else { $env:PROCESSOR_ARCHITECTURE }
    $arch = switch ($machine) {
        'AMD64' { 'amd64' }
        'ARM64' { 'arm64' }
        default { throw "install.ps1: there is no build for $machine" }
    }
    $name = "mcp-client_windows_$arch.exe"
    $folder = if ($env:PIERRE_INSTALL_DIR) { $env:PIERRE_INSTALL_DIR } else { Join-Path $env:LOCALAPPDATA 'Programs\Pierre' }
    New-Item -ItemType Directory -Force -Path $folder | Out-Null
    $program = Join-Path $folder 'mcp-client.exe'
    $download = Join-Path $folder ('.' + [Guid]::NewGuid().ToString('N') + '.exe')
    try {
        Write-Host "Downloading $name from $origin"
        Invoke-WebRequest -UseBasicParsing -Uri "$origin/download/$name" -OutFile $download
        $sums = (Invoke-WebRequest -UseBasicParsing -Uri "$origin/download/checksums.txt").Content
        if ($sums -is [byte[]]) { $sums = [Text.Encoding]::ASCII.GetString($sums) }
        $want = ($sums -split "`n" | Where-Object { $_.Trim() -match "^[0-9a-f]{64}  $([Regex]::Escape($name))$" } | Select-Object -First 1)
        if (-not $want) { throw "install.ps1: $origin has no checksum for $name; tell its operator" }
        $want = $want.Substring(0, 64)
        $got = (Get-FileHash -Algorithm SHA256 -Path $download).Hash.ToLowerInvariant()
        if ($got -ne $want) { throw "install.ps1: the download is damaged: its SHA-256 is $got, not $want. Nothing was installed; try again" }
        Move-Item -Force -Path $download -Destination $program
    }
    finally {
        if (Test-Path $download) { Remove-Item -Force $download }
    }
    Write-Host "Installed $(& $program version) in $folder"
    if (($env:Path -split ';') -notcontains $folder) {
        Write-Host "To call it by its name, add $folder to your Path."
    }
    if ($env:PIERRE_NO_SETUP) { return }
    if ($env:PIERRE_AUTH_KEY) { & $program install --url $origin --yes } else { & $program install --url $origin }
}
