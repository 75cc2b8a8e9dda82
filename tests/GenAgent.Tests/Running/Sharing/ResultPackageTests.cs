using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using GenAgent.Running.Sharing;
using GenAgent.Telemetry;
using Microsoft.Extensions.AI;

namespace GenAgent.Tests.Running.Sharing;

public sealed class ResultPackageTests
{
    private static readonly byte[] Picture = TestImages.Encode(2, 1, [255, 0, 0, 0, 0, 255]);

    private static string Id => Convert.ToHexStringLower(SHA256.HashData(Picture));

    private static ResultPackage Package => new(
        new JsonObject { ["said"] = "the key is sk-0123456789abcdef01" }, null,
        new Dictionary<string, DataContent>(StringComparer.Ordinal) { [Id] = new(Picture, "image/png") });

    [Fact]
    public void What_a_worker_writes_is_what_the_owner_reads_without_secrets()
    {
        var bytes = Package.Write(new SecretMask(["my-own-secret"]));
        Encoding.UTF8.GetString(bytes.Span).ShouldNotContain("0123456789abcdef01");

        var read = ResultPackage.Read(bytes);

        ((string?)read.Body!["said"]).ShouldBe("the key is ***");
        read.Trajectory.ShouldBeNull();
        read.Images.ShouldHaveSingleItem().Key.ShouldBe(Id);
        read.Images[Id].Data.ToArray().ShouldBe(Picture);
        read.Images[Id].MediaType.ShouldBe("image/png");
    }

    [Fact]
    public void A_result_that_is_cut_off_anywhere_is_refused()
    {
        var bytes = Package.Write();

        for (var length = 0; length < bytes.Length; length++) Should.Throw<InvalidDataException>(() => ResultPackage.Read(bytes[..length]), $"{length}");
        Should.Throw<InvalidDataException>(() => ResultPackage.Read((byte[])[.. bytes.Span, 0])).Message.ShouldContain("after its end");
    }

    [Fact]
    public void An_image_that_was_changed_on_the_way_is_refused()
    {
        var bytes = Package.Write().ToArray();
        bytes[^1] ^= 1;

        Should.Throw<InvalidDataException>(() => ResultPackage.Read(bytes)).Message.ShouldContain(Id);
    }

    [Fact]
    public void Bytes_that_are_anything_never_do_more_than_be_refused()
    {
        var random = new Random(1);
        var whole = Package.Write().ToArray();
        for (var time = 0; time < 2000; time++)
        {
            byte[] bytes = [.. whole];
            for (var change = 0; change < 3; change++) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                ResultPackage.Read(bytes);
            }
            catch (InvalidDataException)
            {
                // Refused.
            }
        }
    }
}
