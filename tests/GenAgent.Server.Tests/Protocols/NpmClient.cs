using System.Diagnostics;

namespace GenAgent.Server.Tests.Protocols;

/// <summary>
/// Runs the scripts of <c>npm/</c>, which use the official npm clients. Skips the test where Node or the modules (<c>npm ci</c>) are missing.
/// </summary>
internal static class NpmClient
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private static readonly string Folder = Path.Combine(RepoFolder.Root, "tests", "GenAgent.Server.Tests", "npm");

    /// <summary>Runs a script to its end, and returns what it says; a failed check in it fails the test with its message.</summary>
    public static async Task<string> RunAsync(string script, params IEnumerable<string> arguments)
    {
        Assert.SkipUnless(
            Directory.Exists(Path.Combine(Folder, "node_modules")), "The npm modules are not installed: npm ci --prefix tests/GenAgent.Server.Tests/npm");
        using var process = Start([Path.Combine(Folder, script), .. arguments]);
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException late)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{script} did not end within {Patience}.", late);
        }

        process.ExitCode.ShouldBe(0, await errors);
        return await output;
    }

    private static Process Start(IEnumerable<string> arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("node", arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false
            })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("Node is not installed.");
            throw;
        }
    }
}
