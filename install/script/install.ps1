# Installs mcp-client from @ORIGIN@ and connects this machine's MCP hosts to it:
#
#   irm @ORIGIN@/install.ps1 | iex
#
# No administrator, no Node, no Go. What it does: download the build for this
# machine, check its SHA-256, put it into the user's programs, run "mcp-client install".
# Where the server's operator signs the builds, the list of their SHA-256 must
# carry that signature, and be of the release that the server names.
#
#   $env:PIERRE_INSTALL_DIR   another folder than %LOCALAPPDATA%\Programs\Pierre
#   $env:PIERRE_NO_SETUP=1    only install the program
#   $env:PIERRE_AUTH_KEY      the key, instead of being asked for it
& {
    $ErrorActionPreference = 'Stop'
    $ProgressPreference = 'SilentlyContinue' # the progress bar slows the download down
    $origin = '@ORIGIN@'
    $key = '@KEY@' # whose signature the builds must have; empty: they are not signed
    $version = '@VERSION@' # which release they must be of, if they are signed

    # Tests an ECDSA signature of the curve P-256 with what every Windows has.
    function Test-Signature([byte[]] $data, [byte[]] $signature) {
        # The signature is two numbers in DER; Windows wants them as 32 bytes each.
        $numbers = New-Object byte[] 64
        $at = 2
        foreach ($end in 32, 64) {
            $length = [int]$signature[$at + 1]
            $from = $at + 2
            $at = $from + $length
            while ($length -gt 32) { $from++; $length-- } # a number with its highest bit set has a zero in front
            [Array]::Copy($signature, $from, $numbers, $end - $length, $length)
        }
        # The key's point is the end of its DER; Windows wants "ECS1" and the length of a number in front.
        $point = [Convert]::FromBase64String($key)[27..90]
        $blob = [byte[]](0x45, 0x43, 0x53, 0x31, 32, 0, 0, 0) + [byte[]]$point
        $public = [Security.Cryptography.CngKey]::Import($blob, [Security.Cryptography.CngKeyBlobFormat]::EccPublicBlob)
        $hash = [Security.Cryptography.SHA256]::Create().ComputeHash($data)
        (New-Object Security.Cryptography.ECDsaCng $public).VerifyHash($hash, $numbers)
    }

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
        Invoke-WebRequest -UseBasicParsing -Uri "$origin/download/checksums.txt" -OutFile $download
        $list = [IO.File]::ReadAllBytes($download)
        $sums = [Text.Encoding]::ASCII.GetString($list)
        if ($key) {
            try {
                Invoke-WebRequest -UseBasicParsing -Uri "$origin/download/checksums.txt.sig" -OutFile $download
                $good = Test-Signature $list ([Convert]::FromBase64String([IO.File]::ReadAllText($download).Trim()))
            }
            catch { throw "install.ps1: the signature of the builds cannot be checked: $_. Nothing was installed; tell the operator of $origin" }
            if (-not $good) { throw "install.ps1: the list of checksums is not signed by the key of $origin. Nothing was installed; tell its operator" }
            if (($sums -split "`n")[0] -cne "# pierre $version") { throw "install.ps1: the builds are those of another release than $version. Nothing was installed; try again, and if that does not help, tell the operator of $origin" }
            Write-Host "The signature of release $version is good"
        }
        Invoke-WebRequest -UseBasicParsing -Uri "$origin/download/$name" -OutFile $download
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
