using ScaleHub.Core.Platform;
using ScaleHub.Modules.Practice;

namespace ScaleHub.Tests.Platform;

/// <summary>A value has one name, and another text is none.</summary>
public sealed class EnumNamesTests
{
    [Theory]
    [InlineData("contactLens,tonometry")]
    [InlineData("contact_lens")]
    [InlineData("ContactLens")]
    [InlineData("1")]
    [InlineData("")]
    [InlineData(null)]
    public void A_text_that_is_no_name_is_not_found(string? text) => Assert.Null(EnumNames.Find<ExamKind>(text));

    [Fact]
    public void Every_value_is_read_back_from_its_names()
    {
        foreach (var kind in Enum.GetValues<ExamKind>())
        {
            Assert.Equal(kind, EnumNames.Find<ExamKind>(EnumNames.Write(kind)));
            Assert.Equal(kind, EnumNames.ReadColumn<ExamKind>(EnumNames.WriteColumn(kind)));
        }
        Assert.Equal("contact_lens", EnumNames.WriteColumn(ExamKind.ContactLens));
    }

    [Fact]
    public void A_text_in_the_database_that_is_no_name_throws_and_is_never_another_value()
        => Assert.Throws<InvalidOperationException>(() => EnumNames.ReadColumn<ExamKind>("dreams"));
}
