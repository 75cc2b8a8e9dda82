using System.CommandLine;
using GenAgent.Cli.Commands;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Tests.Hosting;

namespace GenAgent.Cli.Tests.Commands;

public sealed class CommandLineTests : IDisposable
{
    private readonly TestHost _host = new(width: 120);

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("root")]
    [InlineData("generate", "generate")]
    [InlineData("traj", "traj")]
    [InlineData("doctor", "doctor")]
    [InlineData("train-flow", "train", "flow")]
    public async Task The_help_names_every_command_and_flag(string name, params string[] command) =>
        Snapshot.Match(_host.Transcript(await _host.RunAsync([.. command, "--help"])), $"help-{name}");

    [Fact]
    public void No_flag_means_two_things_on_one_command_line()
    {
        Check(CliApp.BuildRoot(_host.Host(), new GlobalFlags()), []).ShouldBeGreaterThan(15);

        static int Check(Command command, IReadOnlyList<Option> inherited)
        {
            var options = inherited.Concat(command.Options).ToList();
            options.SelectMany(option => option.Aliases.Append(option.Name)).ShouldBeUnique(command.Name);
            return 1 + command.Subcommands.Sum(one => Check(one, [.. options.Where(option => option.Recursive)]));
        }
    }

    [Theory]
    [InlineData("no-such-command")]
    [InlineData("generate", "a cat", "--no-such-flag")]
    [InlineData("generate", "a cat", "--size", "big")]
    [InlineData("completion", "tcsh")]
    [InlineData("[a red cat]")]
    [InlineData("[diagram]", "generate", "a cat")]
    public async Task A_wrong_command_line_ends_with_code_2_and_points_to_the_help(params string[] arguments)
    {
        (await _host.RunAsync(arguments)).ShouldBe(ExitCode.Usage);

        _host.Said.ShouldContain("--help");
        _host.Output.Output.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("\"genrate\" is no command of genagent. Did you mean \"generate\"?", "genrate", "a cat")]
    [InlineData("\"lst\" is no command of genagent traj. Did you mean \"list\"?", "traj", "lst")]
    [InlineData("--agnet is no flag of generate. Did you mean \"--agent\"?", "generate", "a cat", "--agnet", "micro")]
    [InlineData("\u2014agent is no flag of generate. Did you mean \"--agent\"?", "generate", "a cat", "\u2014agent", "micro")]
    [InlineData("\u2013seed is no flag of generate. Did you mean \"--seed\"?", "generate", "a cat", "\u2013seed", "1")]
    [InlineData("is no command of genagent. For an image of it: genagent generate \"a red cat\"", "a red cat")]
    [InlineData("There is no benchmark \"genevall++\". Did you mean \"geneval++\"?", "eval", "run", "genevall++")]
    [InlineData("no chat model has the scheme \"opnai\". Did you mean \"openai\"?", "generate", "a cat", "--agent", "opnai:gpt-5")]
    public async Task A_mistyped_word_is_answered_by_what_was_most_likely_meant(string expected, params string[] arguments)
    {
        (await _host.RunAsync(arguments)).ShouldBe(ExitCode.Usage);

        _host.Said.ReplaceLineEndings(" ").ShouldContain(expected);
    }

    [Theory]
    [InlineData("genagent [command]")]
    [InlineData("genagent traj [command]", "traj")]
    public async Task A_group_of_commands_without_a_command_shows_its_help(string usage, params string[] arguments)
    {
        (await _host.RunAsync(arguments)).ShouldBe(ExitCode.Success);

        _host.Output.Output.ShouldContain(usage);
    }

    [Fact]
    public async Task A_prompt_that_begins_with_a_dash_stands_after_two_of_them()
    {
        (await _host.RunAsync("generate", "--out", "run", "--", "--ar 16:9", "a cat")).ShouldBe(ExitCode.Success, _host.Screen.Output);

        _host.OutputLines.ShouldBe([Path.Combine("run", "ar-16-9-a-cat.png")]);
    }

    [Fact]
    public async Task A_prompt_that_begins_with_an_at_sign_is_no_response_file()
    {
        (await _host.RunAsync("generate", "@home", "--out", "run")).ShouldBe(ExitCode.Success, _host.Screen.Output);
    }

    [Theory]
    [InlineData("genagent gen", "generate")]
    [InlineData("genagent traj re", "replay")]
    [InlineData("genagent generate --cand", "--candidates")]
    [InlineData("genagent completion f", "fish")]
    [InlineData("genagent generate --agent mi", "micro")]
    [InlineData("genagent generate --judge-kind p", "pairwise")]
    public async Task The_shell_is_told_how_a_word_may_go_on(string line, string completion)
    {
        await _host.RunAsync($"[suggest:{line.Length}]", line);

        _host.OutputLines.ShouldContain(completion);
    }

    [Theory]
    [InlineData("bash", "complete ")]
    [InlineData("zsh", "compdef ")]
    [InlineData("fish", "complete -c genagent")]
    [InlineData("pwsh", "Register-ArgumentCompleter")]
    public async Task Each_shell_gets_a_script_that_asks_genagent_itself(string shell, string registration)
    {
        (await _host.RunAsync("completion", shell)).ShouldBe(ExitCode.Success);

        _host.Output.Output.ShouldContain(registration);
        _host.Output.Output.ShouldContain("[suggest:");
    }

    [Fact]
    public void Every_flag_that_names_a_backend_lists_its_schemes_and_offers_them()
    {
        var seen = Check(CliApp.BuildRoot(_host.Host(), new GlobalFlags()));
        seen.ShouldBeGreaterThan(12);

        static int Check(Command command)
        {
            var backends = command.Options.Where(option => option.Name is "--agent" or "--generator" or "--judge" or "--teacher").ToList();
            foreach (var option in backends)
            {
                option.GetCompletions(System.CommandLine.Completions.CompletionContext.Empty).Select(item => item.Label)
                    .ShouldContain("openai:", $"{command.Name} {option.Name}");
                if (option.Name is not "--judge") option.Description!.ShouldContain("hf:ORG/NAME", customMessage: command.Name);
            }

            return backends.Count + command.Subcommands.Sum(Check);
        }
    }

    [Fact]
    public void The_numbers_that_scripts_rely_on_do_not_change() =>
        Enum.GetValues<ExitCode>().Select(code => $"{(int)code} {code}").ShouldBe(
            ["0 Success", "1 Failed", "2 Usage", "3 NoImage", "4 Backend", "5 Storage", "6 Partial", "7 CheckFailed", "129 HungUp", "130 Cancelled",
                "143 Terminated"]);

    [Fact]
    public void No_two_commands_have_one_name() =>
        CommandList.All.Select(command => command.Build(_host.Host(), new GlobalFlags()).Name).ShouldBeUnique();
}
