package install

import "slices"

// mcpServers is the section that most hosts have.
const mcpServers = "mcpServers"

// codeFolders are the places of a file below the user's folder of Visual Studio Code.
func codeFolders(mark, file string) []place {
	var places []place
	for _, code := range []string{"Code", "Code - Insiders"} {
		for _, p := range []place{
			{systems: "darwin", file: "$HOME/Library/Application Support/"},
			{systems: "windows", file: "$APPDATA/"},
			{systems: "linux", file: "$CONFIG/"},
		} {
			user := p.file + code + "/User"
			p.mark, p.file = user+mark, user+file
			places = append(places, p)
		}
	}
	return places
}

// Hosts lists the hosts that the package knows.
func Hosts() []Host { return slices.Concat(desktopHosts(), editorHosts(), terminalHosts()) }

// desktopHosts are programs to chat with.
func desktopHosts() []Host {
	return []Host{
		{
			Name: "claude-desktop", Title: "Claude Desktop", section: mcpServers, shape: standard(),
			Restart: "quit Claude Desktop fully (from its menu or tray icon; closing the window is not enough) and start it again",
			apps:    "$APPLICATIONS/Claude.app|$LOCALAPPDATA/AnthropicClaude",
			places: []place{
				{systems: "darwin", file: "$HOME/Library/Application Support/Claude/claude_desktop_config.json"},
				// The packaged app (MSIX) sees its own copy of APPDATA and ignores the plain one.
				{systems: "windows", mark: "$LOCALAPPDATA/Packages/Claude_*", file: "$LOCALAPPDATA/Packages/Claude_*/LocalCache/Roaming/Claude/claude_desktop_config.json"},
				{systems: "windows", file: "$APPDATA/Claude/claude_desktop_config.json"},
				{systems: "linux", file: "$CONFIG/Claude/claude_desktop_config.json"},
			},
		},
		{
			Name: "lm-studio", Title: "LM Studio", section: mcpServers, shape: standard(),
			Restart:  "switch the server on in LM Studio's list of integrations",
			programs: "lms", apps: "$APPLICATIONS/LM Studio.app|$LOCALAPPDATA/Programs/LM Studio",
			places: []place{{file: "$HOME/.lmstudio/mcp.json"}},
		},
		{
			Name: "goose", Title: "goose", section: "extensions",
			shape: shape{
				command: "cmd", args: "args", env: "envs", named: "name", always: []field{{"type", "stdio"}},
				initial: []field{{"enabled", true}, {"timeout", 300}},
			},
			Restart: "start a new goose session",
			apps:    "$APPLICATIONS/Goose.app",
			places: []place{
				{systems: "windows", file: "$APPDATA/Block/goose/config/config.yaml"},
				{systems: "darwin linux", file: "$CONFIG/goose/config.yaml"},
			},
		},
		{
			Name: "warp", Title: "Warp", section: mcpServers, shape: standard(),
			Restart:  "nothing: Warp starts the server by itself",
			programs: "warp-terminal", apps: "$APPLICATIONS/Warp.app|$LOCALAPPDATA/Programs/Warp",
			places: []place{{file: "$HOME/.warp/.mcp.json"}},
		},
	}
}

// editorHosts are editors and what extends them.
func editorHosts() []Host {
	stdio := field{"type", "stdio"}
	return []Host{
		{
			Name: "vscode", Title: "VS Code", section: "servers", shape: standard(stdio),
			Restart:  "run “MCP: List Servers” in VS Code and start the server, or reload the window",
			programs: "code", apps: "$APPLICATIONS/Visual Studio Code.app|$LOCALAPPDATA/Programs/Microsoft VS Code",
			places: codeFolders("", "/mcp.json"),
		},
		{
			Name: "cursor", Title: "Cursor", section: mcpServers, shape: standard(),
			Restart:  "restart Cursor, or switch the server off and on in its MCP settings",
			programs: "cursor cursor-agent", apps: "$APPLICATIONS/Cursor.app|$LOCALAPPDATA/Programs/cursor",
			places: []place{{file: "$HOME/.cursor/mcp.json"}},
		},
		{
			Name: "windsurf", Title: "Windsurf", section: mcpServers, shape: standard(),
			Restart:  "press “Refresh” in Windsurf's MCP settings, or restart it",
			programs: "windsurf", apps: "$APPLICATIONS/Windsurf.app|$LOCALAPPDATA/Programs/Windsurf",
			places: []place{{file: "$HOME/.codeium/windsurf/mcp_config.json"}},
		},
		{
			// Builds of 2025 want the source; later ones do not look at it.
			Name: "zed", Title: "Zed", section: "context_servers", shape: standard(field{"source", "custom"}),
			Restart:  "nothing: Zed reads its settings again by itself",
			programs: "zeditor", apps: "$APPLICATIONS/Zed.app|$LOCALAPPDATA/Programs/Zed",
			places: []place{
				{systems: "darwin", file: "$HOME/.config/zed/settings.json"},
				{systems: "windows", file: "$APPDATA/Zed/settings.json"},
				{systems: "linux", file: "$CONFIG/zed/settings.json"},
			},
		},
		{
			Name: "cline", Title: "Cline", section: mcpServers, shape: standard(),
			Restart: "nothing: Cline reads its MCP settings again by itself",
			places: append(
				codeFolders("/globalStorage/saoudrizwan.claude-dev", "/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"),
				place{mark: "$HOME/.cline", file: "$HOME/.cline/data/settings/cline_mcp_settings.json"}),
		},
		{
			Name: "roo-code", Title: "Roo Code", section: mcpServers, shape: standard(),
			Restart: "nothing: Roo Code reads its MCP settings again by itself",
			places:  codeFolders("/globalStorage/rooveterinaryinc.roo-cline", "/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json"),
		},
		{
			Name: "kiro", Title: "Kiro", section: mcpServers, shape: standard(),
			Restart:  "nothing: Kiro reads its MCP settings again by itself",
			programs: "kiro kiro-cli", apps: "$APPLICATIONS/Kiro.app|$LOCALAPPDATA/Programs/Kiro",
			places: []place{{mark: "$HOME/.kiro", file: "$HOME/.kiro/settings/mcp.json"}},
		},
		{
			Name: "junie", Title: "JetBrains Junie", section: mcpServers, shape: standard(),
			Restart:  "start a new Junie session",
			programs: "junie",
			places:   []place{{mark: "$HOME/.junie", file: "$HOME/.junie/mcp/mcp.json"}},
		},
	}
}

// terminalHosts are programs that run in a terminal.
func terminalHosts() []Host {
	stdio := field{"type", "stdio"}
	return []Host{
		{
			Name: "claude-code", Title: "Claude Code", section: mcpServers, shape: standard(stdio),
			Restart:  "start a new Claude Code session",
			programs: "claude",
			places: []place{
				{mark: "$CLAUDE/.claude.json", file: "$CLAUDE/.claude.json"},
				{mark: "$HOME/.claude", file: "$CLAUDE/.claude.json"},
			},
		},
		{
			Name: "codex", Title: "Codex", section: "mcp_servers", shape: standard(),
			Restart:  "start a new Codex session",
			programs: "codex",
			places:   []place{{file: "$CODEX/config.toml"}},
		},
		{
			Name: "gemini", Title: "Gemini CLI", section: mcpServers, shape: standard(),
			Restart:  "start a new Gemini session, in a folder that you trust: in others it starts no MCP servers",
			programs: "gemini",
			places:   []place{{file: "$HOME/.gemini/settings.json"}},
		},
		{
			Name: "copilot-cli", Title: "Copilot CLI", section: mcpServers,
			shape:   shape{command: "command", args: "args", env: "env", always: []field{{"type", "local"}}, initial: []field{{"tools", []string{"*"}}}},
			Restart: "start a new Copilot session",
			places:  []place{{file: "$HOME/.copilot/mcp-config.json"}},
		},
		{
			// Version 2 reads this form as well as its own.
			Name: "opencode", Title: "opencode", section: "mcp",
			shape:    shape{command: "command", env: "environment", always: []field{{"type", "local"}}, initial: []field{{"enabled", true}}},
			Restart:  "start a new opencode session",
			programs: "opencode",
			places:   []place{{file: "$CONFIG/opencode/opencode.json", instead: "$CONFIG/opencode/opencode.jsonc"}},
		},
		{
			Name: "qwen", Title: "Qwen Code", section: mcpServers, shape: standard(),
			Restart:  "start a new Qwen session, in a folder that you trust",
			programs: "qwen",
			places:   []place{{file: "$HOME/.qwen/settings.json"}},
		},
		{
			Name: "amp", Title: "Amp", section: "amp.mcpServers", shape: standard(),
			Restart: "start a new Amp session",
			places:  []place{{file: "$HOME/.config/amp/settings.json"}},
		},
		{
			Name: "amazon-q", Title: "Amazon Q", section: mcpServers, shape: standard(),
			Restart: "start a new Amazon Q session",
			places:  []place{{file: "$HOME/.aws/amazonq/mcp.json"}},
		},
		{
			Name: "crush", Title: "Crush", section: "mcp", shape: standard(stdio),
			Restart:  "start a new Crush session",
			programs: "crush",
			places: []place{
				{systems: "windows", file: "$LOCALAPPDATA/crush/crush.json"},
				{systems: "darwin linux", file: "$CONFIG/crush/crush.json"},
			},
		},
		{
			Name: "droid", Title: "Factory Droid", section: mcpServers, shape: standard(stdio),
			Restart:  "start a new Droid session",
			programs: "droid",
			places:   []place{{file: "$HOME/.factory/mcp.json"}},
		},
	}
}
