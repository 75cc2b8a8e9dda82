using System.Diagnostics;

namespace GenAgent.Training.Tests.Runs;

/// <summary>A training run in a process of its own, which is killed after a step: the test program runs one explicit test of its own again.</summary>
internal static class KilledChild
{
    /// <summary>Runs the child, and returns its exit code.</summary>
    /// <param name="test">The class whose method <c>Child</c> trains and writes <c>step:N</c> after every step.</param>
    /// <param name="variable">The environment variable that names the folder to it.</param>
    /// <param name="folder">The run's folder.</param>
    /// <param name="killAfter">The step after which it is killed.</param>
    public static int Run(Type test, string variable, string folder, int killAfter)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "GenAgent.Training.Tests" + (OperatingSystem.IsWindows() ? ".exe" : ""));
        var start = new ProcessStartInfo(program, ["-explicit", "only", "-method", $"{test.FullName}.Child"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false
        };
        start.Environment[variable] = folder;
        using var child = Process.Start(start)!;
        using var hangs = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        using var end = hangs.Token.Register(child.Kill);
        while (child.StandardOutput.ReadLine() is { } line)
        {
            if (line.EndsWith($"step:{killAfter}", StringComparison.Ordinal)) child.Kill();
        }

        child.WaitForExit();
        hangs.IsCancellationRequested.ShouldBeFalse($"the child hangs before step {killAfter}");
        return child.ExitCode;
    }
}
