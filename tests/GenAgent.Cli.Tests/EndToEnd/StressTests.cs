using System.Diagnostics;
using System.Globalization;

namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>
/// Many runs at once on the embedded models, ended at random moments: a crash, a hang, a leak or a wrong exit code shows in the processes of
/// <c>GenAgent.Bench stress</c>. GENAGENT_STRESS_TIMES sets how often (500 for the long form, which takes hours).
/// </summary>
public sealed class StressTests
{
    private static readonly int Times = int.Parse(Environment.GetEnvironmentVariable("GENAGENT_STRESS_TIMES") ?? "3", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Sixty_four_runs_at_once_survive_cancellation_disposal_a_program_that_just_ends_and_signals() =>
        await StressAsync("--rounds", "1", "--runs", "64");

    [Fact]
    public async Task Commands_that_get_a_signal_at_a_random_moment_end_with_its_code()
    {
        Assert.SkipWhen(
            IgnoredSignals.Contain("INT") || IgnoredSignals.Contain("HUP"),
            "the tests were started with signals ignored (nohup, a background job), and so is what they start");
        await StressAsync("--program", CliProcess.Executable);
    }

    private static async Task StressAsync(params string[] options)
    {
        if (OperatingSystem.IsWindows()) return;
        var start = new ProcessStartInfo(
            BuiltProgram.PathOf("bench/GenAgent.Bench"),
            ["stress", "--times", $"{Times}", .. options]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        using var stress = Process.Start(start)!;
        using var hangs = new CancellationTokenSource(TimeSpan.FromMinutes(3 + (2 * Times)));
        await using var end = hangs.Token.Register(() => stress.Kill(entireProcessTree: true));
        var told = await stress.StandardOutput.ReadToEndAsync();
        await stress.WaitForExitAsync();

        stress.ExitCode.ShouldBe(0, hangs.IsCancellationRequested ? $"It hangs. {told}" : told);
        told.ShouldContain($"{Times} of {Times}, 0 bad");
    }
}
