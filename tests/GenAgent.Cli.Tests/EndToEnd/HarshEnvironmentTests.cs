namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>Streams that are closed or full, and too little of what a process needs: each ends with a code of its own and never with an abort (134).</summary>
public sealed class HarshEnvironmentTests : IDisposable
{
    private static readonly string[] Draw = ["generate", "a red circle", "--agent", "oracle", "--generator", "canvas", "--out", "run"];

    private readonly TemporaryFolder _folder = new();

    public HarshEnvironmentTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "streams and limits of Linux");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("2>&-")]
    [InlineData("2>/dev/full")]
    public async Task Where_nobody_can_read_standard_error_the_image_is_made_all_the_same(string streams)
    {
        using var genagent = CliProcess.StartIn(_folder.Path, "", streams, Draw);

        (await genagent.WaitAsync()).ShouldBe(0);

        File.Exists(Path.Combine(_folder.Path, genagent.Output.Trim())).ShouldBeTrue();
    }

    [Fact]
    public async Task A_wrong_call_keeps_its_code_where_standard_error_is_full()
    {
        using var genagent = CliProcess.StartIn(_folder.Path, "", "2>/dev/full", "nonsense");

        (await genagent.WaitAsync()).ShouldBe(2);
    }

    [Fact]
    public async Task A_closed_standard_output_is_named_and_the_image_is_kept()
    {
        using var genagent = CliProcess.StartIn(_folder.Path, "", ">&-", Draw);

        (await genagent.WaitAsync()).ShouldBe(5, genagent.Errors);

        genagent.Errors.ShouldContain("error: Standard output could not be written: it is closed.");
        Directory.GetFiles(_folder["run"], "*.png").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Prompts_from_a_closed_standard_input_are_none_and_nothing_waits_for_them()
    {
        using var genagent = CliProcess.StartIn(_folder.Path, "", "<&-", "generate", "-", "--agent", "oracle", "--generator", "canvas");

        (await genagent.WaitAsync()).ShouldBe(2, genagent.Errors);

        genagent.Errors.ShouldContain("Standard input holds no prompt");
    }

    [Fact]
    public async Task A_working_folder_that_was_removed_is_named_as_such()
    {
        using var genagent = CliProcess.StartIn(_folder.Path, "mkdir gone; cd gone; rmdir ../gone;", "", Draw);

        (await genagent.WaitAsync()).ShouldBe(5, genagent.Errors);

        genagent.Errors.ShouldContain("error: The working folder does not exist any more");
    }

    [Fact]
    public async Task A_path_of_a_flag_may_begin_at_the_user_s_home()
    {
        using var genagent = CliProcess.StartIn(_folder.Path, "export HOME=$PWD/home; mkdir home;", "", [.. Draw[..^2], "--out=~/run"]);

        (await genagent.WaitAsync()).ShouldBe(0, genagent.Errors);

        Directory.GetFiles(_folder["home/run"], "*.png").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Bytes_of_standard_input_that_are_no_text_are_refused_and_not_replaced()
    {
        await File.WriteAllTextAsync(_folder["prompts"], "a red caf\u00e9\n", System.Text.Encoding.Latin1);
        using var genagent = CliProcess.StartIn(_folder.Path, "", "<prompts", "generate", "-", "--agent", "oracle", "--generator", "canvas");

        (await genagent.WaitAsync()).ShouldBe(2, genagent.Errors);

        genagent.Errors.ShouldContain("Standard input is no UTF-8 text");
    }

    [Theory]
    [InlineData("ulimit -n 40;")]
    [InlineData("ulimit -n 96;")]
    [InlineData("ulimit -v 2097152;")]
    public async Task Too_few_file_handles_and_too_little_address_space_end_with_an_error_that_names_the_limit(string before)
    {
        using var genagent = CliProcess.StartIn(_folder.Path, before, "", "generate", "a red circle", "--out", "run");

        (await genagent.WaitAsync()).ShouldBeOneOf(1, 5);

        genagent.Errors.ShouldContain("error: ");
        genagent.Errors.ShouldContain("ulimit");
        genagent.Errors.ShouldNotContain("   at ");
    }
}
