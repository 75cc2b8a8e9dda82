using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;

namespace GenAgent.Cli.Tests.Security;

/// <summary>A run folder that came from someone else: it may write anything into its trajectories.</summary>
public sealed class ForeignTrajectoryTests : IDisposable
{
    private const string Key = "sk-victims-own-key-000";
    private const string Escapes = "\u001b]0;owned\u0007\u001b[2J\u009b31m\u202eterces\u2066\u200f";

    private readonly TestHost _host = new(width: 200);

    public void Dispose() => _host.Dispose();

    private string File => Path.Combine(_host.Folder, "run", "trajectories.jsonl");

    private async Task MakeAsync()
    {
        using var maker = new TestHost { Painter = new() { TellsSeeds = true } };
        (await maker.RunAsync("generate", "a red cat", "--out", Path.Combine(_host.Folder, "run"))).ShouldBe(ExitCode.Success, maker.Screen.Output);
    }

    private void Rewrite(string from, string to)
    {
        var text = System.IO.File.ReadAllText(File);
        text.ShouldContain(from);
        System.IO.File.WriteAllText(File, text.Replace(from, to, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("openai:x@http://127.0.0.1:{0}/v1")]
    [InlineData("openai:x@http://127.0.0.1:{0}/v1?key=openai")]
    [InlineData("comfyui:http://127.0.0.1:{0}?workflow=run/trajectories.jsonl")]
    [InlineData("a1111:http://127.0.0.1:{0}")]
    [InlineData("openai:gpt-image-1")]
    [InlineData("//attacker.example/share/model")]
    public async Task Replay_calls_no_server_that_only_the_trajectory_names(string name)
    {
        using var attacker = new Attacker();
        await MakeAsync();
        name = attacker.In(name);
        Rewrite("\"uri\":\"scripted\"", $"\"uri\":\"{name}\"");
        _host.Environment["GENAGENT_Secrets__127.0.0.1"] = Key;
        _host.Environment["GENAGENT_Secrets__openai"] = Key;

        (await _host.RunAsync("traj", "replay", "run")).ShouldBe(ExitCode.Usage);

        attacker.RequireNotCalled();
        _host.Said.ShouldContain("--generator");
        (_host.Said + _host.Output.Output).ShouldNotContain(Key);
    }

    [Fact]
    public async Task Replay_calls_a_server_that_the_user_names()
    {
        await MakeAsync();
        Rewrite("\"uri\":\"scripted\"", "\"uri\":\"openai:x@http://127.0.0.1:9/v1\"");
        _host.Painter = new() { TellsSeeds = true };

        (await _host.RunAsync("traj", "replay", "run", "--generator", "scripted")).ShouldBe(ExitCode.Success, _host.Screen.Output);
        (await _host.RunAsync("traj", "replay", "run", "--generator", "openai:x@http://127.0.0.1:9/v1", "--set", "Http:MaxRetries=0"))
            .ShouldBe(ExitCode.CheckFailed);
        _host.Output.Output.ShouldContain("127.0.0.1:9");
    }

    [Theory]
    [InlineData("export", "--out", "out/data.json")]
    [InlineData("export", "--out", "out/data.parquet")]
    [InlineData("replay", "--out", "out")]
    [InlineData("show")]
    public async Task An_image_id_that_is_a_path_reaches_no_other_folder(params string[] command)
    {
        await MakeAsync();
        var id = System.Text.RegularExpressions.Regex.Match(System.IO.File.ReadAllText(File), "[0-9a-f]{64}").Value;
        Rewrite(id, "../../escaped");
        _host.Write("escaped.png", "loot");

        await _host.RunAsync(["traj", command[0], "run", .. command[1..]]);

        _host.Said.ShouldContain("64 hexadecimal digits");
        Directory.EnumerateFiles(_host.Folder, "*escaped*", SearchOption.AllDirectories).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task An_image_that_is_a_link_to_another_file_is_not_exported()
    {
        await MakeAsync();
        var loot = _host.Write("secret.txt", "loot");
        foreach (var image in Directory.EnumerateFiles(Path.Combine(_host.Folder, "run", "images"), "*.png", SearchOption.AllDirectories).ToList())
        {
            System.IO.File.Delete(image);
            System.IO.File.CreateSymbolicLink(image, loot);
        }

        (await _host.RunAsync("traj", "export", "run", "--out", "out/data.json")).ShouldBe(ExitCode.Storage);

        _host.Said.ShouldContain("changed or damaged");
        Directory.EnumerateFiles(Path.Combine(_host.Folder, "out"), "*.png", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("list")]
    [InlineData("list", "--json")]
    [InlineData("show")]
    [InlineData("show", "--json")]
    public async Task No_escape_sequence_and_no_writing_direction_reaches_the_terminal(params string[] command)
    {
        await MakeAsync();
        Rewrite("a red cat", "a red cat " + string.Concat(Escapes.Select(c => $"\\u{(int)c:x4}")));
        Rewrite("{\"schema\":2,\"id\":\"", "{\"schema\":2,\"id\":\"" + string.Concat(Escapes.Select(c => $"\\u{(int)c:x4}")));
        Rewrite("scripted-vl", "scripted-vl" + string.Concat(Escapes.Select(c => $"\\u{(int)c:x4}")));
        System.IO.File.AppendAllText(File, $"{{\"schema\": 1, \"{Escapes}\": [}}\n");

        (await _host.RunAsync(["traj", command[0], "run", .. command[1..]])).ShouldBe(ExitCode.Success, _host.Screen.Output);

        var written = _host.Output.Output + _host.Screen.Output;
        written.ShouldContain("a red cat");
        written.Where(c => (char.IsControl(c) && c is not ('\n' or '\r' or '\t')) || c is '\u200f' or '\u202e' or '\u2066').ShouldBeEmpty();
    }
}
